// ADD unpacks archives and fetches URLs. Where it does neither it is COPY with surprises: a file that happens
// to be a tar is unpacked.

import type { FilesInstruction, PathWord } from '../../../grammar/ast.ts';
import type { Edit, Rule } from '../rule.ts';

/** Flags that only ADD has: whoever gives one means ADD. */
const ONLY_ADD = ['checksum', 'keep-git-dir', 'unpack'];

const REMOTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|\$)|\.git(?:#.*)?$/i;

/** Names that may be those of tar archives. */
const ARCHIVE = /\.(?:tar|tgz|tbz2?|txz|tlz|tzst|gz|bz2|xz|zst|lz|lzma|z|img|rootfs)$|tar/i;

export const addInsteadOfCopy: Rule = {
  name: 'AddInsteadOfCopy',
  description: 'ADD is used for archives and URLs, COPY for plain files',
  url: undefined,
  experimental: false,
  *check({ ast }) {
    for (const at of ast.instructions) {
      if (at.kind !== 'add' || at.flags.some(({ name }) => ONLY_ADD.includes(name))) continue;
      const sources = at.paths.slice(0, -1);
      if (sources.length === 0 || !sources.every(isPlain)) continue;
      const message = 'nothing here is unpacked or fetched: COPY does the same and no more';
      yield { at, span: at.keyword.span, message, fix: fixOf(at, sources) };
    }
  },
};

function isPlain({ text, heredoc }: PathWord): boolean {
  if (heredoc !== undefined) return true;
  // What a variable or a wildcard stands for may be an archive.
  return !REMOTE.test(text) && !/[$*?[]/.test(text) && !ARCHIVE.test(text);
}

/** A file whose name does not say its kind may hold an archive all the same: then only a person can decide. */
function fixOf({ keyword }: FilesInstruction, sources: readonly PathWord[]): Edit[] {
  if (!sources.every(isSurelyPlain)) return [];
  const copy = keyword.text === keyword.text.toLowerCase() ? 'copy' : 'COPY';
  return [{ span: keyword.span, text: copy }];
}

function isSurelyPlain({ text, heredoc }: PathWord): boolean {
  return heredoc !== undefined || /^\.?$|\/\.?$|[^/.]\.[a-z]\w*$/i.test(text);
}
