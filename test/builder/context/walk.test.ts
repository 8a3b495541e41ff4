import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ignoreRules, NO_RULES } from '../../../builder/context/ignore.ts';
import { listContext } from '../../../builder/context/list-context.ts';
import { nameToBytes } from '../../../core/names.ts';
import { tmpDir } from '../../support/tmp.ts';

const ROOT = { path: '', isDirectory: true };

/** A folder with these files (a name that ends with a slash is a folder), as core/names.ts writes them. */
function folder(...paths: readonly string[]): string {
  const root = tmpDir();
  for (const path of paths) {
    const at = nameToBytes(`${root}/${path}`);
    if (path.endsWith('/')) mkdirSync(at);
    else writeFileSync(at, '');
  }
  return root;
}

test.each([
  ['a\nb'],
  ['a\rb'],
  ['\u2028'],
  ['\udcff\udc80'],
  ['caf\udce9'],
  ['\ufffd'],
  ['[a]{b,c}*?'],
  ['!a'],
  ['a\\b'],
  [' '],
  ['..a'],
  ['é\n\udcff'],
])('a folder and a file named %j are found under their names', async (name) => {
  const root = folder(`${name}/`, `${name}/${name}`, `${name}/d/`, `${name}/d/${name}`);
  const found = await listContext(root, ROOT, NO_RULES);
  expect(found.map(({ path }) => path).sort()).toEqual(
    ['', name, `${name}/${name}`, `${name}/d`, `${name}/d/${name}`].sort(),
  );
  const below = await listContext(root, { path: `${name}/d`, isDirectory: true }, NO_RULES);
  expect(below.map(({ path }) => path).sort()).toEqual(['', name]);
});

test('links are found as links, to wherever they lead', async () => {
  const root = folder('d/', 'd/f');
  symlinkSync('/etc', join(root, 'out'));
  symlinkSync('d', join(root, 'in'));
  symlinkSync(nameToBytes('\udcff'), join(root, 'odd'));
  const found = await listContext(root, ROOT, NO_RULES);
  expect(
    found.flatMap(({ path, link }) => (link === undefined ? [] : [`${path} ${link}`])).sort(),
  ).toEqual(['in d', 'odd \udcff', 'out /etc']);
  expect(found).toHaveLength(6);
});

test('what is kept out is told, a folder that need not be opened once; a folder is there for what is let in', async () => {
  const root = folder('no/', 'no/a', 'some/', 'some/a', 'some/b', 'f');
  const rules = ignoreRules(['no', 'some', '!some/b', 'f']);
  const out: string[] = [];
  const found = await listContext(root, ROOT, rules, (path) => out.push(path));
  expect(found.map(({ path }) => path).sort()).toEqual(['', 'some', 'some/b']);
  expect(out.sort()).toEqual(['f', 'no', 'some', 'some/a']);
});
