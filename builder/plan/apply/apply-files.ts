// COPY and ADD: which files from where to where, all variables expanded.

import { BuildError } from '../../../core/errors.ts';
import type { Word } from '../../../grammar/ast.ts';
import { expand } from '../expand/expand.ts';
import type { CopySpec } from '../graph.ts';
import { isMode } from '../instructions/chmod.ts';
import type { TypedFiles } from '../instructions/typed.ts';
import { heredocFileName, heredocText } from './heredoc-text.ts';
import type { FindSource } from './mounts.ts';
import { resolveDestination } from './paths.ts';
import { addLayer, expandIn, type StageState, workingFolder } from './stage-state.ts';
import { stepText } from './step-text.ts';

/** Adds the step. Throws E_EXPANSION, E_ARGUMENTS, E_FLAG_VALUE, E_HEREDOC. */
export function applyFiles(state: StageState, typed: TypedFiles, findSource: FindSource): void {
  const { node } = typed;
  const plain = typed.sources.filter((word) => word.heredoc === undefined);
  const sources = plain.map((word) => expandIn(state, word));
  if (node.kind === 'copy') refuseRemote(plain, sources);
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
    inline,
    destination: resolveDestination(workingFolder(state), destination),
    chown: typed.chown && (expandIn(state, typed.chown) || undefined),
    chmod: typed.chmod && readMode(state, typed.chmod),
    link: typed.link,
    parents: typed.parents,
    exclude: typed.exclude.map((word) => word.text),
    unpack: typed.unpack,
    checksum: typed.checksum && readChecksum(state, typed.checksum, sources),
    keepGitDir: typed.keepGitDir,
  };
  refuseNul(op, typed);
  const createdBy = describe(op, destination);
  addLayer(state, op, { text: stepText(node), span: node.span, createdBy });
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
  return { name, text: expand({ text, span: heredoc.bodySpan }, state.variables, options).text };
}

function refuseRemote(words: readonly Word[], sources: readonly string[]): void {
  for (const [i, source] of sources.entries()) {
    if (!isRemote(source)) continue;
    throw new BuildError('E_ARGUMENTS', 'COPY cannot fetch a URL', {
      span: words[i]?.span,
      hint: 'ADD can.',
    });
  }
}

function isRemote(source: string): boolean {
  return /^(?:https?|git|ssh):\/\//.test(source) || source.startsWith('git@');
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

function readChecksum(
  state: StageState,
  word: Word,
  sources: readonly string[],
): string | undefined {
  const checksum = expandIn(state, word);
  if (checksum === '') return undefined;
  const [source = '', another] = sources;
  if (another !== undefined || !isRemote(source)) {
    throw new BuildError('E_FLAG_VALUE', '--checksum is for one remote source', {
      span: word.span,
    });
  }
  if (!/^(?:sha256:[0-9a-f]{64}|[0-9a-f]{7,64})$/.test(checksum)) {
    throw new BuildError('E_FLAG_VALUE', `--checksum cannot be ${JSON.stringify(checksum)}`, {
      span: word.span,
      hint: 'It is sha256: and 64 hex digits, or the commit of a git source.',
    });
  }
  return checksum;
}

/** JSON can write a NUL character; no path may hold one. */
function refuseNul(op: CopySpec, { node }: TypedFiles): void {
  const texts = [...op.sources, op.destination, ...op.exclude, op.chown ?? ''];
  if (!texts.some((text) => text.includes('\0'))) return;
  throw new BuildError('E_ARGUMENTS', `a NUL character in the arguments of ${op.instruction}`, {
    span: node.span,
  });
}

function describe(op: CopySpec, destination: string): string {
  const words = [
    op.instruction,
    ...(op.parents ? ['--parents'] : []),
    ...(op.chown === undefined ? [] : [`--chown=${op.chown}`]),
    ...(op.chmod === undefined ? [] : [`--chmod=${op.chmod}`]),
    ...op.sources,
    ...op.inline.map(({ name }) => `<<${name}`),
    destination,
    '# buildkit',
  ];
  return words.join(' ');
}
