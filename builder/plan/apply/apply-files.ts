// COPY and ADD: which files from where to where, all variables expanded.

import { BuildError, withSpan } from '../../../core/errors.ts';
import { redactCredentials } from '../../../core/safe-text.ts';
import type { Span } from '../../../core/source.ts';
import type { Word } from '../../../grammar/ast.ts';
import { readRemote } from '../../remote/read-remote.ts';
import type { RemoteSource } from '../../remote/remote-source.ts';
import type { CopySpec, FetchedSource, VertexId } from '../graph.ts';
import { isMode } from '../instructions/chmod.ts';
import type { TypedFiles } from '../instructions/typed.ts';
import { heredocFileName, heredocText } from './heredoc-text.ts';
import type { FindSource } from './mounts.ts';
import { resolveDestination } from './paths.ts';
import { addLayer, expandIn, expandWord, type StageState, workingFolder } from './stage-state.ts';
import { stepText } from './step-text.ts';

/** Adds a vertex that fetches, or returns the one that fetches the same. */
export type Fetch = (source: RemoteSource, span: Span) => VertexId;

/** Adds the step. Throws E_EXPANSION, E_ARGUMENTS, E_FLAG_VALUE, E_HEREDOC, E_REMOTE_ADDRESS. */
export function applyFiles(
  state: StageState,
  typed: TypedFiles,
  findSource: FindSource,
  fetch: Fetch,
): void {
  const { node } = typed;
  const words = typed.sources.filter((word) => word.heredoc === undefined);
  const written = words.map((word) => expandIn(state, word));
  const { sources, fetched } = readSources(state, typed, words, written, fetch);
  const destination = expandIn(state, typed.destination);
  const inline = typed.sources.flatMap(({ heredoc }) =>
    heredoc === undefined ? [] : [inlineFile(state, typed, heredoc)],
  );
  const op: CopySpec = {
    kind: 'copy',
    input: state.vertex,
    instruction: node.kind === 'add' ? 'ADD' : 'COPY',
    from: findSource(typed.from),
    sources,
    fetched,
    inline,
    destination: resolveDestination(workingFolder(state), destination),
    chown: typed.chown && (expandIn(state, typed.chown) || undefined),
    userSpan: typed.chown?.span,
    chmod: typed.chmod && readMode(state, typed.chmod),
    link: typed.link,
    parents: typed.parents,
    exclude: typed.exclude.map((word) => word.text),
    unpack: typed.unpack,
  };
  refuseNul(op, typed);
  const text = redactCredentials(stepText(node, state));
  const createdBy = describe(op, written, destination);
  addLayer(state, op, { text, span: node.span, createdBy });
}

/** Parts the sources into those of the context and those that are fetched. */
function readSources(
  state: StageState,
  typed: TypedFiles,
  words: readonly Word[],
  written: readonly string[],
  fetch: Fetch,
): Pick<CopySpec, 'sources' | 'fetched'> {
  const checksum = typed.checksum && (expandIn(state, typed.checksum) || undefined);
  const sources: string[] = [];
  const fetched: FetchedSource[] = [];
  for (const [i, text] of written.entries()) {
    const span = words[i]?.span ?? typed.node.span;
    const remote = readRemoteAt(span, text, typed.keepGitDir, checksum);
    if (remote === undefined) sources.push(text);
    else if (typed.node.kind === 'copy') throw notForCopy(span);
    else {
      const path = remote.kind === 'http' ? remote.name : '';
      fetched.push({ vertex: fetch(remote, span), path, position: sources.length });
    }
  }
  if (checksum !== undefined && (fetched.length !== 1 || sources.length > 0)) {
    throw new BuildError('E_FLAG_VALUE', '--checksum is for one remote source', {
      span: typed.checksum?.span,
    });
  }
  return { sources, fetched };
}

function readRemoteAt(
  span: Span,
  text: string,
  keepGitDir: boolean | undefined,
  checksum: string | undefined,
): RemoteSource | undefined {
  try {
    return readRemote(text, { trusted: false, keepGitDir, checksum });
  } catch (error) {
    throw withSpan(error, span);
  }
}

function notForCopy(span: Span): BuildError {
  return new BuildError('E_ARGUMENTS', 'COPY cannot fetch a URL', { span, hint: 'ADD can.' });
}

function inlineFile(
  state: StageState,
  { node }: TypedFiles,
  index: number,
): CopySpec['inline'][number] {
  const heredoc = node.heredocs[index];
  if (heredoc === undefined) throw new Error('a heredoc word without its heredoc');
  const name = heredocFileName(heredoc);
  const text = heredocText(heredoc);
  if (!heredoc.expand) return { name, text };
  // The reference escapes by a backslash here whatever the escape directive says.
  const options = { escape: '\\', quotes: 'plain' } as const;
  return { name, text: expandWord(state, { text, span: heredoc.bodySpan }, options).text };
}

function readMode(state: StageState, word: Word): string | undefined {
  const mode = expandIn(state, word);
  if (mode === '') return undefined;
  if (isMode(mode)) return mode;
  throw new BuildError('E_FLAG_VALUE', `--chmod cannot be ${JSON.stringify(mode)}`, {
    span: word.span,
    hint: 'It is an octal number up to 07777, or as in u=rwX,go=rX.',
  });
}

/** JSON can write a NUL character; no path may hold one. */
function refuseNul(op: CopySpec, { node }: TypedFiles): void {
  const texts = [...op.sources, op.destination, ...op.exclude, op.chown ?? ''];
  if (!texts.some((text) => text.includes('\0'))) return;
  throw new BuildError('E_ARGUMENTS', `a NUL character in the arguments of ${op.instruction}`, {
    span: node.span,
  });
}

/** A user and password in an address are left out: the history goes wherever the image goes. */
function describe(op: CopySpec, written: readonly string[], destination: string): string {
  const words = [
    op.instruction,
    ...(op.parents ? ['--parents'] : []),
    ...(op.chown === undefined ? [] : [`--chown=${op.chown}`]),
    ...(op.chmod === undefined ? [] : [`--chmod=${op.chmod}`]),
    ...written.map(redactCredentials),
    ...op.inline.map(({ name }) => `<<${name}`),
    destination,
    '# buildkit',
  ];
  return words.join(' ');
}
