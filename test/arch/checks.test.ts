// The checks themselves: each must see what it is there to see.

import { expect, test } from 'vitest';
import {
  forbiddenImports,
  hiddenPlaces,
  importCycles,
  processUses,
  withoutHeader,
} from './import-rules.ts';
import { cFunctionSizes, functionSizes, tooLong } from './sizes.ts';
import { sourceFile } from './source-tree.ts';

test.each([
  ['core/a.ts', "import { x } from '../cache/b.ts';", 'core may import nothing'],
  ['grammar/a.ts', "import type { x } from '../cache/b.ts';", 'grammar may import core'],
  ['cache/a.ts', "import '../grammar/b.ts';", 'cache may import core'],
  [
    'image/t/a.ts',
    "import {\n  x,\n  y,\n} from '../../builder/b.ts';",
    'image may import core, cache',
  ],
  [
    'builder/a.ts',
    "const { x } = await import('../cli/b.ts');",
    'builder may import core, grammar',
  ],
  ['cli/a.ts', "import { x } from '../test/b.ts';", 'cli may import core, cache, image, builder'],
  ['cache/a.ts', "export { x } from '../image/b.ts';", 'cache may import core'],
  ['cli/a.ts', "import { x } from 'undici';", 'cli may use commander'],
  ['core/a.ts', "import { x } from 'lmdb';", 'core may use nothing'],
  ['cli/a.ts', "import { x } from 'node:child_process';", 'only builder/exec/ may'],
])('%s may not hold %j', (path, text, why) => {
  const [offence, ...rest] = forbiddenImports([sourceFile(path, text)]);
  expect(offence).toMatch(new RegExp(`^${path} imports .*: ${why}`));
  expect(rest).toEqual([]);
});

test('imports that are allowed, and comments about others, are no offence', () => {
  const text = [
    "import { a } from './b.ts';",
    "import { c } from '../core/d.ts';",
    "import { e } from 'node:fs';",
    "// import { f } from '../cli/g.ts';",
    " * import('../cli/h.ts')",
  ].join('\n');
  expect(forbiddenImports([sourceFile('cache/a.ts', text)])).toEqual([]);
});

test('a circle is shown as the way round, through type-only imports too', () => {
  const files = [
    sourceFile('core/a.ts', "import { b } from './b.ts';"),
    sourceFile('core/b.ts', "import type { c } from './c.ts';"),
    sourceFile('core/c.ts', "const x = await import('./a.ts');"),
    sourceFile('core/d.ts', "import { a } from './a.ts';"),
  ];
  expect(importCycles(files)).toEqual(['core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts']);
});

test.each(['console.log(1)', 'process.exit(1)', 'x = process.env.HOME', 'process.stdout.write(x)'])(
  '%s is for cli/ alone',
  (text) => {
    expect(processUses([sourceFile('core/a.ts', text)])).toHaveLength(1);
    expect(processUses([sourceFile('cli/a.ts', text)])).toEqual([]);
  },
);

test.each([
  ['core/index.ts', '', 'has a name for anything'],
  ['core/utils.ts', '', 'has a name for anything'],
  ['core/a.ts', 'export default 1;', 'has a default export'],
  ['core/a.ts', "export * from './b.ts';", 're-exports'],
  ['core/a.ts', "export type { B } from './b.ts';", 're-exports'],
])('%s with %j is found', (path, text, what) => {
  expect(hiddenPlaces([sourceFile(path, text)])).toEqual([`${path} ${what}`]);
});

test('a file without a header is found', () => {
  expect(withoutHeader([sourceFile('core/a.ts', 'export const a = 1;\n')])).toEqual(['core/a.ts']);
  expect(withoutHeader([sourceFile('core/a.ts', '// What it holds.\n')])).toEqual([]);
});

test('functions of every form are measured, and control flow is none', () => {
  const text = `export function a(): void {
  if (x) {
    y();
  }
}
class B {
  async c(
    d: string,
  ): Promise<void> {
    e();
  }
  get #f() {
    return { g: 1 };
  }
}
const h = list.map((i) => {
  return i;
});
const j = k(l(), {
  m: 1,
});
`;
  expect(functionSizes(sourceFile('a.ts', text))).toEqual([
    { place: 'a.ts:1', lines: 5 },
    { place: 'a.ts:9', lines: 3 },
    { place: 'a.ts:12', lines: 3 },
    { place: 'a.ts:16', lines: 3 },
  ]);
});

test('functions of C are measured in both forms', () => {
  const text = 'static int a(void)\n{\n\treturn 0;\n}\n\nint b(int c) {\n\treturn c;\n}\n';
  expect(cFunctionSizes(sourceFile('a.c', text))).toEqual([
    { place: 'a.c:2', lines: 3 },
    { place: 'a.c:6', lines: 3 },
  ]);
});

test('an exception needs a reason, and must be needed', () => {
  const sizes = [{ place: 'a.ts', lines: 9 }];
  expect(tooLong(sizes, 5, {})).toEqual(['a.ts has 9 lines; the limit is 5']);
  expect(tooLong(sizes, 5, { 'a.ts': '' })).toEqual(['a.ts has 9 lines; the limit is 5']);
  expect(tooLong(sizes, 5, { 'a.ts': 'one table' })).toEqual([]);
  expect(tooLong(sizes, 10, { 'a.ts': 'one table' })).toEqual(['a.ts needs no exception any more']);
});
