// SOURCE_DATE_EPOCH: the time that an image's own times are cut to. A build argument (or the
// environment's variable, which the command line passes on as one) goes before an ARG above all stages.
// https://docs.docker.com/build/ci/github-actions/reproducible-builds/

import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import type { ArgInstruction } from '../../../grammar/ast.ts';
import type { PlanOptions } from '../plan-options.ts';

const NAME = 'SOURCE_DATE_EPOCH';

export interface ResolvedEpoch {
  /** The options with the epoch that the build goes by, and its number in place of the argument. */
  readonly options: PlanOptions;
  readonly globals: ReadonlyMap<string, string>;
}

/**
 * Finds the epoch: a number of seconds; '' for none; `context` for the time of the context, where that
 * has one of its own. Throws E_ARGUMENTS, E_UNSUPPORTED.
 */
export function resolveEpoch(
  declared: readonly ArgInstruction[],
  globals: ReadonlyMap<string, string>,
  options: PlanOptions,
): ResolvedEpoch {
  const given = options.buildArgs.get(NAME) ?? options.sourceDateEpoch?.toString();
  const value = given ?? globals.get(NAME) ?? '';
  const sourceDateEpoch = readEpoch(value, options.contextEpoch, placeOf(declared));
  const text = sourceDateEpoch?.toString();
  return {
    options: { ...options, sourceDateEpoch, buildArgs: replaced(options.buildArgs, text) },
    globals: replaced(globals, text),
  };
}

function readEpoch(
  value: string,
  contextEpoch: number | undefined,
  span: Span | undefined,
): number | undefined {
  if (value === '') return undefined;
  if (value === 'context') return contextEpoch;
  const seconds = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(seconds)) return seconds;
  if (/^[A-Za-z][\w.-]*$/.test(value)) {
    throw new BuildError('E_UNSUPPORTED', `${NAME} cannot be taken from ${value}`, {
      span,
      hint: 'It is a number of seconds since 1970, or: context',
    });
  }
  throw new BuildError('E_ARGUMENTS', `${NAME}=${value} is not a whole number`, {
    span,
    hint: 'It is seconds since 1970, as date +%s prints.',
  });
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
