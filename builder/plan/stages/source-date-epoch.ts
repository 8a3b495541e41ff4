// SOURCE_DATE_EPOCH: the time that an image's own times are cut to. A build argument (or the
// environment's variable, which the command line passes on as one) goes before an ARG above all stages.
// https://docs.docker.com/build/ci/github-actions/reproducible-builds/

import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import type { ArgInstruction } from '../../../grammar/ast.ts';
import type { RemoteSource } from '../../remote/remote-source.ts';
import type { PlanOptions } from '../plan-options.ts';
import { type EpochContext, findEpochSource, TIMELESS } from './epoch-source.ts';

const NAME = 'SOURCE_DATE_EPOCH';

export interface ResolvedEpoch {
  /** The options with the epoch that the build goes by, and its number in place of the argument. */
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
  /** Whose time the epoch is, where that must be fetched first; `options` has none until then. */
  readonly source: RemoteSource | undefined;
}

/**
 * Finds the epoch: a number of seconds; '' for none; `context` for the time of the context, where that
 * has one of its own; the name of another context or of a stage for that one's. Throws E_ARGUMENTS.
 */
export function resolveEpoch(
  declared: readonly ArgInstruction[],
  context: EpochContext,
): ResolvedEpoch {
  const { options, globals } = context;
  const given = options.buildArgs.get(NAME) ?? options.sourceDateEpoch?.toString();
  const value = given ?? globals.get(NAME) ?? '';
  const found = readEpoch(value, options.contextEpoch) ?? named(value, placeOf(declared), context);
  const sourceDateEpoch = typeof found === 'number' ? found : undefined;
  const text = sourceDateEpoch?.toString();
  return {
    options: { ...options, sourceDateEpoch, buildArgs: replaced(options.buildArgs, text) },
    globals: replaced(globals, text),
    source: typeof found === 'object' ? found : undefined,
  };
}

/** The options of a build that goes by `epoch`, or by none, whatever they said before. */
export function withEpoch(options: PlanOptions, epoch: number | undefined): PlanOptions {
  const buildArgs = new Map(options.buildArgs).set(NAME, epoch?.toString() ?? '');
  return { ...options, buildArgs };
}

/** Undefined for what can only be a name. */
function readEpoch(value: string, contextEpoch: number | undefined): number | 'none' | undefined {
  if (value === '') return 'none';
  if (value === 'context') return contextEpoch ?? 'none';
  const seconds = Number(value);
  return /^\d+$/.test(value) && Number.isSafeInteger(seconds) ? seconds : undefined;
}

function named(
  value: string,
  span: Span | undefined,
  context: EpochContext,
): RemoteSource | 'none' {
  const source = findEpochSource(value, span, context);
  if (source === TIMELESS) return 'none';
  if (source !== undefined) return source;
  throw new BuildError(
    'E_ARGUMENTS',
    `${NAME}=${value} is neither a whole number nor the name of a stage or a context`,
    { span, hint: 'It is seconds since 1970, as date +%s prints.' },
  );
}

function placeOf(declared: readonly ArgInstruction[]): Span | undefined {
  return declared
    .flatMap(({ declarations }) => declarations)
    .findLast(({ name }) => name.text === NAME)?.span;
}

/** The map with the epoch's number where it has the name. */
function replaced(
  values: ReadonlyMap<string, string>,
  text: string | undefined,
): ReadonlyMap<string, string> {
  if (!values.has(NAME) || values.get(NAME) === text) return values;
  const copy = new Map(values);
  if (text === undefined) copy.delete(NAME);
  else copy.set(NAME, text);
  return copy;
}
