// Word expansion: the reference's tables row by row, then the forms that the tables lack.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expand } from '../../../builder/plan/expand/expand.ts';
import { isBuildError } from '../../../core/errors.ts';

const DATA = join(import.meta.dirname, '../../../../shared/conformance/dockerfile');
const absent = !existsSync(DATA) && 'the conformance data is not beside the checkout';

function rows(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function word(text: string) {
  const source = { name: 'test', text };
  return { text, span: { source, start: 0, end: text.length } };
}

/** The result, or the message of the BuildError. */
function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (isBuildError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe.skipIf(absent)('the reference table of words', () => {
  const variables = new Map([
    ['PWD', '/home'],
    ['SHELL', 'bash'],
    ['KOREAN', '한국어'],
    ['NULL', ''],
  ]);
  const table = (absent ? [] : rows(join(DATA, 'envVarTest')))
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .filter(([platform]) => platform !== 'W');

  it.each(table)('%s %s becomes %s', (_platform, input, expected) => {
    const result = attempt(() => expand(word(input ?? ''), variables, { escape: '\\' }).text);
    if (expected === 'error') expect(result).toMatch(/^E_EXPANSION: /);
    else expect(result).toBe(expected);
  });
});

describe.skipIf(absent)('the reference table of splitting', () => {
  const table: [string, string[], Map<string, string>][] = [];
  const variables = new Map<string, string>();
  for (const row of absent ? [] : rows(join(DATA, 'wordsTest'))) {
    const [, name, value] = /^ENV (\w+)=(.*)$/.exec(row) ?? [];
    if (name !== undefined) variables.set(name, value ?? '');
    else {
      const [input = '', words = ''] = row.split('|');
      table.push([input.trim(), words.replace(/^ +/, '').split(','), new Map(variables)]);
    }
  }

  it.each(table)('%s', (input, expected, env) => {
    const result = attempt(() => expand(word(input), env, { escape: '\\' }).words);
    expect(typeof result === 'string' ? ['error'] : result).toEqual(expected);
  });
});

describe('our table of operators', () => {
  const table = rows(join(import.meta.dirname, 'cases/expand.txt')).map((row) =>
    row.split(' | ').map((cell) => cell.trim()),
  );

  it.each(table)('%s with %s', (input, env, expected) => {
    const variables = new Map(
      (env ?? '')
        .split(' ')
        .filter((pair) => pair !== '')
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    const result = attempt(() => expand(word(input ?? ''), variables, { escape: '\\' }).text);
    expect(result).toBe(expected === 'EMPTY' ? '' : expected);
  });
});

it('a wildcard of a pattern does not go past the end of a line', () => {
  const variables = new Map([['V', 'a\nb']]);
  const table = ['${V##*}', '${V%%*}', '${V/*/x}', '${V//?/x}', '${V#a?b}'];
  const results = table.map((text) => expand(word(text), variables, { escape: '\\' }).text);
  expect(results).toEqual(['\nb', 'a\n', 'x\nb', 'x\nx', 'a\nb']);
});

describe('what an expansion tells beside its text', () => {
  it('names the variables that were and were not set', () => {
    const result = expand(word('${A:-x} $B ${C+y}'), new Map([['A', '1']]), { escape: '\\' });
    expect([...result.matched]).toEqual(['A']);
    expect([...result.unmatched]).toEqual(['B', 'C']);
  });

  it('keeps what is unset, and quotes, where that is asked for', () => {
    const options = { escape: '\\', quotes: 'keep', keepUnset: true } as const;
    const text = `"$A" '$B' \${C} \${D:-d} $E`;
    expect(expand(word(text), new Map([['A', '1']]), options).text).toBe(
      `"1" '$B' \${C} \${D:-d} $E`,
    );
  });

  it('takes quotes for plain characters in the text of a heredoc', () => {
    const options = { escape: '\\', quotes: 'plain' } as const;
    expect(expand(word(`"don't" $A`), new Map([['A', '1']]), options).text).toBe(`"don't" 1`);
  });

  it('escapes by a backtick where the directive says so', () => {
    const result = expand(word('C:\\`$A\\$A'), new Map([['A', '1']]), { escape: '`' });
    expect(result.text).toBe('C:\\$A\\1');
  });
});

describe('hostile words', () => {
  it('are refused where they nest too deep, however deep', () => {
    const text = '${a:-'.repeat(50_000) + '}'.repeat(50_000);
    expect(attempt(() => expand(word(text), new Map(), { escape: '\\' }).text)).toMatch(
      /^E_EXPANSION: .*more than 100 \$\{ are nested$/,
    );
  });

  it('are refused where they would grow without end', () => {
    const variables = new Map([['a', 'x'.repeat(100_000)]]);
    expect(attempt(() => expand(word('$a'.repeat(11)), variables, { escape: '\\' }).text)).toMatch(
      /the word becomes too long$/,
    );
  });

  it('are refused where a pattern would be tried for too long', () => {
    const variables = new Map([['a', 'a'.repeat(100_000)]]);
    const text = `\${a//${'?'.repeat(5000)}b/x}`;
    expect(attempt(() => expand(word(text), variables, { escape: '\\' }).text)).toMatch(
      /the pattern takes too long to match$/,
    );
  });
});
