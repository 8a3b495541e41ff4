// docs/support.md says what is refused, each with an example and a code: the program must say the same.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../support/peers.ts';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const PAGE = readFileSync(join(CHECKOUT, 'docs/support.md'), 'utf8');
const ROWS = [...PAGE.matchAll(/^\| (.*) \| (E_\w+) \| `(.*)` \|$/gm)].map(
  ([, what = '', code = '', example = '']) => ({ what, code, example }),
);

test('the page has examples', () => expect(ROWS.length).toBeGreaterThan(5));

test.for(ROWS)('$what: $code', ({ code, example }) => {
  const folder = contextOf({ Dockerfile: '' });
  writeFileSync(join(folder, 'Dockerfile'), `FROM scratch AS base\nFROM scratch\n${example}\n`);
  const done = slipway(tmpDir(), ['build', '-q', folder]);
  expect(done.stderr).toContain(`error[${code}]: `);
  expect(done.stderr).toMatch(/Dockerfile:3:\d+$/m);
  expect(done.status).toBe(1);
});
