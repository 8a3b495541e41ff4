// What SOURCE_DATE_EPOCH may name instead of a number: a named context, or a stage that does nothing but ADD
// one remote source to `scratch`. The time is that of the commit, or of the file.

import { BuildError, withSpan } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import type { EscapeCharacter, Word } from '../../../grammar/ast.ts';
import { readRemote } from '../../remote/read-remote.ts';
import type { RemoteSource } from '../../remote/remote-source.ts';
import { expand } from '../expand/expand.ts';
import type { TypedCommand, TypedFiles } from '../instructions/typed.ts';
import type { PlanOptions } from '../plan-options.ts';
import { findNamedContext } from './named-context.ts';
import type { Stage } from './stages.ts';

export interface EpochContext {
  readonly stages: readonly Stage[];
  /** What ARG declares above all stages. */
  readonly globals: ReadonlyMap<string, string>;
  readonly options: PlanOptions;
  readonly escape: EscapeCharacter;
}

/** A context of files that have no time of their own: the build then goes by none. */
export const TIMELESS = 'timeless';

/**
 * Finds what `name` names; undefined where there is no such context or stage. Throws E_ARGUMENTS for a stage that does
 * more, and what reading its words throws.
 */
export function findEpochSource(
  name: string,
  span: Span | undefined,
  context: EpochContext,
): RemoteSource | typeof TIMELESS | undefined {
  const { stages, options } = context;
  const named = findNamedContext(options.namedContexts, name, options.platform, span);
  if (named !== undefined) return named.kind === 'remote' ? named.source : TIMELESS;
  const stage = stages.find(({ from }) => from.name === name.toLowerCase());
  return stage && sourceOf(stage, context);
}

function sourceOf({ from, commands }: Stage, context: EpochContext): RemoteSource {
  const { options, escape: escapeCharacter } = context;
  const values = new Map(context.globals);
  values.delete('SOURCE_DATE_EPOCH');
  const expanded = (word: Word): string => expand(word, values, { escape: escapeCharacter }).text;
  if (expanded(from.image) !== 'scratch') throw notOnlySource(from.image.span);
  let found: RemoteSource | undefined;
  for (const command of commands) {
    if (command.kind === 'arg') {
      for (const { name, value } of command.node.declarations) {
        const text = options.buildArgs.get(name.text) ?? (value && expanded(value));
        if (text !== undefined) values.set(name.text, text);
      }
      continue;
    }
    if (!isAdd(command) || found !== undefined) throw notOnlySource(command.node.span);
    found = remoteOf(command, expanded);
  }
  if (found === undefined) throw notOnlySource(from.node.span);
  return found;
}

function isAdd(command: TypedCommand): command is TypedFiles {
  return command.kind === 'files' && command.node.kind === 'add';
}

function remoteOf(
  { node, sources, checksum, keepGitDir }: TypedFiles,
  expanded: (word: Word) => string,
): RemoteSource {
  const [word] = sources;
  if (word === undefined || sources.length > 1 || word.heredoc !== undefined) {
    throw notOnlySource(node.span);
  }
  try {
    const sum = checksum && (expanded(checksum) || undefined);
    const remote = readRemote(expanded(word), { trusted: false, keepGitDir, checksum: sum });
    if (remote !== undefined) return remote;
  } catch (error) {
    throw withSpan(error, word.span);
  }
  throw notOnlySource(word.span);
}

function notOnlySource(span: Span): BuildError {
  return new BuildError(
    'E_ARGUMENTS',
    'a stage that SOURCE_DATE_EPOCH names is FROM scratch, and ADDs one remote source',
    { span, hint: 'SOURCE_DATE_EPOCH may also be a number of seconds, or: context' },
  );
}
