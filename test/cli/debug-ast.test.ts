// `slipway debug ast` through the program's own dispatch, against the reference's golden files.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { tmpDir } from '../support/tmp.ts';
import { fakeHost } from './host.ts';
import { rejected } from './thrown.ts';

const DATA = join(import.meta.dirname, '../../../shared/conformance/dockerfile/parse');
const absent = !existsSync(DATA) && 'the conformance data is not beside the checkout';
const cases = absent ? [] : readdirSync(DATA).sort();

test.skipIf(absent)('the reference has 33 cases', () => expect(cases).toHaveLength(33));

test.each(cases)('debug ast prints %s as the reference does', async (name) => {
  const host = fakeHost({ cwd: join(DATA, name) });
  expect(await dispatch(['debug', 'ast', 'Dockerfile'], host)).toBe(0);
  const expected = readFileSync(join(DATA, name, 'result'), 'utf8').trim();
  expect(host.out()).toBe(`${expected}\n`);
});

test('- is standard input', async () => {
  const host = fakeHost({ stdinText: 'FROM a AS b\nCOPY --from=c x /y\n' });
  expect(await dispatch(['debug', 'ast', '-'], host)).toBe(0);
  expect(host.out()).toBe('(from "a" "AS" "b")\n(copy ["--from=c"] "x" "/y")\n');
});

test('control characters of a Dockerfile do not reach the terminal', async () => {
  const host = fakeHost({ stdinText: 'FROM a\nRUN echo \u001b[2J\u009b\n' });
  await dispatch(['debug', 'ast', '-'], host);
  const out = host.out();
  expect(out).toContain('(run "echo \\x1b[2J');
  expect(out).not.toContain('\u001b');
  expect(out).not.toContain('\u009b');
});

test('what is no Dockerfile is refused with its place', async () => {
  const cwd = tmpDir();
  writeFileSync(join(cwd, 'bad'), 'FROM a\nENV\n');
  const text = await rejected(dispatch(['debug', 'ast', 'bad'], fakeHost({ cwd })));
  expect(text).toContain('error[E_PARSE]: ENV ends too early: expected NAME=VALUE\n');
  expect(text).toContain('--> bad:2:');
});

test('a file that is not there is named', async () => {
  expect(await rejected(dispatch(['debug', 'ast', 'gone'], fakeHost({ cwd: tmpDir() })))).toContain(
    'error[E_DOCKERFILE_NOT_FOUND]: there is no gone\n',
  );
});
