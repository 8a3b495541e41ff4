import { expect, test } from 'vitest';
import { LineSplitter } from '../../../builder/exec/line-splitter.ts';

function lines(...chunks: (string | Buffer)[]): string[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => [...splitter.write(Buffer.from(chunk))]), ...splitter.end()];
}

test.each<[string, (string | Buffer)[], string[]]>([
  ['whole lines', ['a\nb\n'], ['a', 'b']],
  ['a line over two chunks', ['a', 'b\n'], ['ab']],
  ['a last line without end', ['a\nb'], ['a', 'b']],
  ['carriage returns at the end', ['a\r\nb\r\n'], ['a', 'b']],
  ['empty lines', ['\n\na\n'], ['', '', 'a']],
  ['nothing', [], []],
  ['a character over two chunks', [Buffer.from([0xc3]), Buffer.from([0xa9, 10])], ['é']],
])('%s', (_, chunks, expected) => {
  expect(lines(...chunks)).toEqual(expected);
});

test('a line without end comes in pieces, however it is cut into chunks', () => {
  const long = 'x'.repeat(200_000);
  const got = lines(long.slice(0, 150_000), `${long.slice(150_000)}\nend\n`);
  expect(got.slice(0, -1).join('')).toBe(long);
  expect(Math.max(...got.map((line) => line.length))).toBe(65_536);
  expect(got.at(-1)).toBe('end');
});
