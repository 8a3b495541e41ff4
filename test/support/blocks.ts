// Table files for cases that are texts of several lines. UPDATE_GOLDEN=1 writes what came out into the
// file; the difference is then to be read before it is committed.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

interface Block {
  readonly title: string;
  /** As in the file. */
  readonly input: string;
  readonly expected: string;
}

/**
 * Makes a test of each block of a table file: `=== title`, the input, `---`, what `work` is to make of
 * it. `<TAB>` and `<CR>` in the input stand for characters that editors like to change.
 */
export function testBlocks(folder: string, name: string, work: (input: string) => string): void {
  const path = join(folder, name);
  const update = process.env['UPDATE_GOLDEN'] === '1';
  const blocks = readFileSync(path, 'utf8').split(/^=== /m).slice(1).map(readBlock);
  const made = blocks.map(({ title, input, expected }) => {
    const result = { title, input, expected };
    it(title, () => {
      const actual = work(input.replace(/<TAB>/g, '\t').replace(/<CR>/g, '\r'));
      if (update) result.expected = actual;
      else expect(actual).toBe(expected);
    });
    return result;
  });
  afterAll(() => {
    if (update) writeFileSync(path, made.map(writeBlock).join(''));
  });
}

function readBlock(text: string): Block {
  const title = text.slice(0, text.indexOf('\n'));
  const [input = '', expected = ''] = text.slice(title.length + 1).split(/^---\n/m);
  return { title, input, expected: expected.trim() };
}

function writeBlock({ title, input, expected }: Block): string {
  return `=== ${title}\n${input}---\n${expected}\n`;
}
