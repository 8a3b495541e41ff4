import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { FOLDERS, ROOT, readSources } from './source-tree.ts';

/** A line of docs/errors.md for each code, without its last column. */
function documented(): string[] {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  return [...page.matchAll(/^(\| E_\w+ \| \d+ \| [^|]+ \|) [^|]+ \|$/gm)].map(
    ([, row = '']) => row,
  );
}

test('docs/errors.md lists every code once, with its exit status, its title and what to do', () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { exit, title }]) => `| ${code} | ${exit} | ${title} |`,
  );
  expect(documented().sort()).toEqual(rows.sort());
});

test('every code is used', () => {
  const program = readSources(FOLDERS, '.ts').filter(({ path }) => path !== 'core/error-codes.ts');
  const unused = Object.keys(ERROR_CODES).filter(
    (code) => !program.some((file) => file.code.includes(`'${code}'`)),
  );
  expect(unused).toEqual([]);
});
