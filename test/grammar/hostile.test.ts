// Texts that were made to keep a parser busy: each ends with a result or BuildErrors, and soon. Limits of
// time are those of the test runner: what is quadratic here takes minutes.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { expect, it } from 'vitest';
import { seededRandom } from '../support/seed.ts';
import { checkInput } from './fuzz/check-input.ts';

const lines = (count: number, line: (i: number) => string) =>
  `FROM scratch\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`;
const doubled = `FROM scratch\nENV A=${'x'.repeat(1000)}\n${'ENV A=$A$A\n'.repeat(9)}`;

const table: [string, () => string, 'planned' | 'refused'][] = [
  ['100,000 instructions', () => lines(100_000, () => 'RUN a'), 'planned'],
  ['a chain of 10,000 stages', () => lines(10_000, (i) => `FROM ${i ? `s${i - 1}` : 'scratch'} AS s${i}`), 'planned'],
  ['50,000 wrong lines with markers', () => lines(50_000, (i) => `RUNN <<E${i}`), 'refused'],
  ['20,000 heredocs without an end', () => lines(20_000, (i) => `RUN <<E${i}`), 'refused'],
  ['5,000 heredocs of one line', () => `FROM scratch\nRUN ${'<<E '.repeat(5000)}\n${'E\n'.repeat(5000)}`, 'planned'],
  ['a heredoc of 8 MB', () => `FROM scratch\nCOPY <<E /x\n${'text $HOME\n'.repeat(750_000)}E\n`, 'planned'],
  ['5,000 nested ${', () => `FROM scratch\nUSER ${'${a:-'.repeat(5000)}${'}'.repeat(5000)}`, 'refused'],
  ['30,000 ${ without a name', () => `FROM scratch\nUSER ${'${'.repeat(30_000)}`, 'refused'],
  ['nested ${ beside a marker', () => `FROM scratch\nRUN <<E ${'"${a:-'.repeat(9000)}\nE\n`, 'refused'],
  ['50,000 nested [', () => `FROM scratch\nCMD ${'['.repeat(50_000)}`, 'planned'],
  ['8,000 nested ONBUILD', () => `FROM scratch\n${'ONBUILD '.repeat(8000)}RUN x`, 'refused'],
  ['10,000 options of one mount', () => `FROM scratch\nRUN --mount=type=tmpfs,target=/c${',id=1'.repeat(10_000)} x`, 'planned'],
  ['200,000 lines that go on', () => `FROM scratch\nRUN ${'x \\\n'.repeat(200_000)}`, 'planned'],
  ['every port 500 times', () => `FROM scratch\nEXPOSE ${'0-65535 '.repeat(500)}`, 'refused'],
  ['half a megabyte in 10,000 variables', () => doubled + 'ENV B=$A\n'.repeat(10_000), 'refused'],
  ['half a megabyte in 10,000 steps', () => `${doubled}ARG B=$A\n${'RUN $A\n'.repeat(10_000)}`, 'planned'],
  ['a NUL character', () => 'FROM scratch\nRUN a\0b\n', 'refused'],
  ['bytes that are no UTF-8', () => Buffer.from('FROM scratch\nRUN \xff\xfe\n', 'latin1').toString(), 'refused'],
]; // biome-ignore format: a table reads better

it.each(table)('%s', { timeout: 30_000 }, (_name, text, expected) => {
  expect(checkInput(text())).toBe(expected);
});

it('a megabyte of noise', { timeout: 30_000 }, () => {
  const random = seededRandom('a megabyte of noise');
  const noise = (most: number) =>
    Array.from({ length: 1_000_000 }, () => String.fromCharCode(random.int(most) + 1)).join('');
  for (const most of [127, 255, 0xffff]) expect(checkInput(noise(most))).toBe('refused');
});
