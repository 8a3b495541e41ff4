// The parser against the reference's own golden files.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBuildError } from '../../core/errors.ts';
import { dump } from '../../grammar/dump.ts';
import { parse } from '../../grammar/parse.ts';

const DATA = join(import.meta.dirname, '../../../shared/conformance/dockerfile');
const absent = !existsSync(DATA) && 'the conformance data is not beside the checkout';

function cases(folder: string): string[] {
  return absent ? [] : readdirSync(join(DATA, folder)).sort();
}

function source(folder: string, name: string) {
  return { name, text: readFileSync(join(DATA, folder, name, 'Dockerfile'), 'utf8') };
}

describe('the reference parses', () => {
  it.skipIf(absent)('are all there', () => expect(cases('parse')).toHaveLength(33));

  it.each(cases('parse'))('%s is parsed as the reference does', (name) => {
    const expected = readFileSync(join(DATA, 'parse', name, 'result'), 'utf8').trim();
    expect(dump(parse(source('parse', name)))).toBe(expected);
  });
});

describe('what the reference refuses', () => {
  const expected: Readonly<Record<string, string>> = {
    empty_dockerfile: 'E_EMPTY_DOCKERFILE: the Dockerfile has no instructions',
    env_no_value: 'E_PARSE: ENV ends too early: expected an argument',
    only_comments: 'E_EMPTY_DOCKERFILE: the Dockerfile has no instructions',
    'shykes-nested-json': 'E_PARSE: CMD cannot have "[" here: expected a string in double quotes',
  };

  it.skipIf(absent)('are all there', () =>
    expect(cases('parse-negative')).toEqual(Object.keys(expected).sort()),
  );

  it.each(cases('parse-negative'))('%s is refused with a reason', (name) => {
    let message = 'nothing was thrown';
    try {
      parse(source('parse-negative', name));
    } catch (error) {
      message = isBuildError(error) ? `${error.code}: ${error.message}` : String(error);
    }
    expect(message).toBe(expected[name]);
  });
});
