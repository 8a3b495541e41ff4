// Several mistakes in one Dockerfile: each is told once, in the order of the file, and none of them makes
// another line look wrong.

import { describe, expect, it } from 'vitest';
import { isBuildError } from '../../core/errors.ts';
import { formatPlace } from '../../core/source.ts';
import { parse, parseWithErrors } from '../../grammar/parse.ts';
import { testBlocks } from '../support/blocks.ts';

function errorsOf(text: string) {
  return parseWithErrors({ name: 'Dockerfile', text }).errors;
}

describe('tells all of', () => {
  testBlocks(import.meta.dirname, 'cases/several.txt', (text) =>
    errorsOf(text)
      .map(({ code, span, message }) => {
        const place = span ? formatPlace(span).replace('Dockerfile:', '') : 'nowhere';
        return `${code} ${place} ${message}`;
      })
      .join('\n'),
  );
});

describe('a Dockerfile with mistakes', () => {
  const source = { name: 'Dockerfile', text: 'FROM a\nRUNN x\nRUN y\nENV\n' };

  it('is refused with the first, which carries the others', () => {
    let thrown: unknown;
    try {
      parse(source);
    } catch (error) {
      thrown = error;
    }
    if (!isBuildError(thrown)) throw new Error('no BuildError');
    expect(thrown.code).toBe('E_UNKNOWN_INSTRUCTION');
    expect(thrown.others.map(({ code, others }) => [code, others])).toEqual([['E_PARSE', []]]);
  });

  it('still has a syntax tree, and the lines that are not in it', () => {
    const { ast, broken } = parseWithErrors(source);
    expect(ast.instructions.map(({ text }) => text)).toEqual(['FROM a', 'RUN y']);
    expect(broken.map(({ text }) => text)).toEqual(['RUNN x', 'ENV']);
  });
});

it('a text that cannot be read to its end has one error for what follows', () => {
  const long = `RUN <<E\n${'x'.repeat(70_000)}\nBOGUS\n`;
  expect(errorsOf(`FROM a\nRUNN\n${long}`).map(({ message }) => message)).toEqual([
    'there is no instruction "RUNN"',
    'the line is longer than 65535 bytes',
  ]);
  expect(errorsOf('FROM a\nRUNN\n\0').map(({ message }) => message)).toEqual([
    'the Dockerfile holds a NUL character',
  ]);
});

it('no more than a hundred errors are kept', () => {
  expect(errorsOf(`FROM a\n${'ENV\n'.repeat(500)}`)).toHaveLength(100);
});
