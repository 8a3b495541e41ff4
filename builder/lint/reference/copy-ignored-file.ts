// CopyIgnoredFile: the ignore file keeps from the build what COPY asks for.

import { posix } from 'node:path';
import type { SourceText } from '../../../core/source.ts';
import type { Word } from '../../../grammar/ast.ts';
import { parseIgnoreFile } from '../../context/ignore.ts';
import { readRemote } from '../../remote/read-remote.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import { unlessBuildError } from '../unless-build-error.ts';

export const copyIgnoredFile: Rule = {
  name: 'CopyIgnoredFile',
  description: 'COPY and ADD ask for no file that the ignore file excludes',
  url: referencePage('copy-ignored-file'),
  experimental: false,
  *check({ traces, ignoreFile }) {
    const isIgnored = ignoreTest(ignoreFile);
    if (isIgnored === undefined) return;
    for (const { typed, words, at, place } of traces.flatMap(({ commands }) => commands)) {
      if (typed.kind !== 'files' || typed.from !== undefined) continue;
      const sources = new Set<Word>(typed.sources);
      for (const { word, expansion } of words) {
        if (!sources.has(word) || isRemote(expansion.text)) continue;
        const path = cleanPath(expansion.text);
        if (!isIgnored(path)) continue;
        const message = `${typed.node.kind.toUpperCase()} asks for ${path}, which ${ignoreFile?.name} excludes`;
        yield { at, message, span: place(word.span) };
      }
    }
  },
};

/** Patterns that leave nothing of the context. */
const EVERYTHING = ['*', '**', '**/*'];

/** Undefined where nothing can be said: there are no patterns, a wrong one, or one that lets in again. */
function ignoreTest(ignoreFile: SourceText | undefined): ((path: string) => boolean) | undefined {
  const rules = ignoreFile && unlessBuildError(() => parseIgnoreFile(ignoreFile));
  if (rules === undefined || rules.all.some(({ negated }) => negated)) return undefined;
  const everything = rules.all.some(({ pattern }) => EVERYTHING.includes(pattern));
  return (path) => (path === '.' || path === '/' ? everything : rules.ignores(path));
}

function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(.)\/+$/, '$1');
}

/** True for a URL or a Git repository; for a wrong one too. */
function isRemote(source: string): boolean {
  const options = { trusted: false, keepGitDir: undefined, checksum: undefined };
  const local = unlessBuildError(() => readRemote(source, options) === undefined);
  return local !== true;
}
