// Every rule of slipway's own has a page, and the page is right: its first example is found, its second is not.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OWN_RULES } from '../../../../builder/lint/own-rules.ts';
import { ROOT } from '../../../arch/source-tree.ts';
import { foundBy } from './own-table.ts';

test.each(OWN_RULES)('$name', ({ name, description, experimental }) => {
  const path = join(ROOT, `docs/lint/${name}.md`);
  expect(existsSync(path)).toBe(true);
  const page = readFileSync(path, 'utf8');
  expect(page.startsWith(`# ${name}\n\n`)).toBe(true);
  expect(page.includes('Experimental: silent until')).toBe(experimental);
  expect(description).not.toMatch(/\.$/);
  const [bad = '', good = '', ...rest] = [...page.matchAll(/```dockerfile\n(.*?)```/gs)].map(
    ([, text = '']) => text,
  );
  expect(foundBy(name, bad)).not.toEqual([]);
  expect(foundBy(name, good)).toEqual([]);
  expect(rest).toEqual([]);
});
