// Which COPY and ADD of a Dockerfile would take a path of the context. By their words alone: no variable is
// expanded, no link followed, no stage left out.

import { posix } from 'node:path';
import { lineText, positionAt, type SourceText } from '../../core/source.ts';
import type { FilesInstruction } from '../../grammar/ast.ts';
import { parse } from '../../grammar/parse.ts';
import { ignoreRules } from '../context/ignore.ts';
import { compileGlob, type PathTest } from '../context/path-pattern.ts';

export interface Reader {
  readonly file: string;
  /** Of the instruction, from 1. */
  readonly line: number;
  /** Its first line. */
  readonly text: string;
}

/** Returns the instructions that take `path` (relative to the context's root), in order. Throws what `parse` and a malformed pattern throw. */
export function readersOfPath(dockerfile: SourceText, path: string): readonly Reader[] {
  return parse(dockerfile)
    .instructions.filter((node): node is FilesInstruction => 'paths' in node)
    .filter((node) => takes(node, path))
    .map(({ span }) => {
      const { line } = positionAt(span.source, span.start);
      return { file: dockerfile.name, line, text: lineText(dockerfile, line).trim() };
    });
}

function takes({ flags, paths }: FilesInstruction, path: string): boolean {
  if (flags.some(({ name }) => name === 'from')) return false;
  const parents = flags.some(({ name, value }) => name === 'parents' && value !== 'false');
  const sources = paths.slice(0, -1).filter((word) => word.heredoc === undefined);
  return sources.some(({ text }) => {
    const pattern = posix.normalize(`/${text.replace('/./', '/')}`).replace(/^\/|\/$/g, '');
    if (pattern === '') return true;
    return parents ? ignoreRules([pattern]).ignores(path) : matchesUpTo(pattern, path);
  });
}

/** True where the pattern matches the path or a folder above it. */
function matchesUpTo(pattern: string, path: string): boolean {
  const tests: readonly PathTest[] = pattern.split('/').map(compileGlob);
  const components = path.split('/');
  return components.length >= tests.length && tests.every((test, at) => test(components[at] ?? ''));
}
