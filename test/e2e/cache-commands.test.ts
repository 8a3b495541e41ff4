// What the store holds, as the cache commands tell it.

import { spawnSync } from 'node:child_process';
import { expect, type TestContext, test } from 'vitest';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Listed {
  readonly key: string;
  readonly step: string;
  readonly size: number;
  readonly shared: number;
}

/** A store with one build in it. */
function built(context: TestContext): string {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}ENV A=1 B=2\nRUN dd if=/dev/zero of=/zeros bs=1k count=3500 && ln /zeros /more\n`,
  });
  const home = tmpDir();
  const finished = slipway(home, ['build', '-t', 'app', folder]);
  expect(finished.status, finished.stderr).toBe(0);
  return home;
}

function out(home: string, ...args: string[]): string {
  const finished = slipway(home, ['cache', ...args]);
  expect(finished.status, finished.stderr).toBe(0);
  return finished.stdout;
}

function lines<T>(text: string): T[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
}

test('du says what du says', (context) => {
  const home = built(context);
  const kinds = lines<{ kind: string; bytes: number; own: number; shared: number }>(
    out(home, 'du', '--format', 'json'),
  );
  const said = spawnSync('du', ['-s', '--block-size=1', home], { encoding: 'utf8' }).stdout;
  const total = kinds.find(({ kind }) => kind === 'total');
  expect(total?.bytes).toBe(Number(said.split('\t')[0]));
  const sum = kinds.filter((kind) => kind !== total).reduce((all, { bytes }) => all + bytes, 0);
  expect(sum).toBe(total?.bytes);
  // The file of two names counts once.
  const layers = kinds.find(({ kind }) => kind === 'layers')?.bytes ?? 0;
  expect(layers).toBeGreaterThan(3_000_000);
  expect(layers).toBeLessThan(6_000_000);
  // All blobs are the image's.
  const blobs = kinds.find(({ kind }) => kind === 'blobs');
  expect(blobs?.shared).toBeGreaterThan(0);
  expect(out(home, 'du')).toMatch(/^KIND +COUNT +SIZE +SHARED +OWN\nlayers +\d+ +\d/);
});

test('ls sorts, filters and takes templates', (context) => {
  const home = built(context);
  const all = lines<Listed>(out(home, 'ls', '--format', 'json', '--sort', 'size'));
  expect(all[0]?.step).toContain('RUN dd');
  expect(all[0]?.size).toBeGreaterThan(3_000_000);
  expect(out(home, 'ls', '--filter', 'step~=RUN dd', '--format', '{{.Kind}} {{.Key}}')).toBe(
    `run ${all[0]?.key}\n`,
  );
  expect(slipway(home, ['cache', 'ls', '--format', '{{.Kid}}'])).toMatchObject({ status: 2 });
});

test('inspect finds a record by how its key begins and shows what the key is made of', (context) => {
  const home = built(context);
  const [run] = lines<Listed>(out(home, 'ls', '--filter', 'step~=RUN dd', '--format', 'json'));
  const key = run?.key.slice(7, 17) ?? '';
  const text = out(home, 'inspect', key);
  expect(text).toMatch(/^used +\d+\.\ds of processor time, \S+B of memory, \S+B written$/m);
  expect(text).toContain(`key                 ${run?.key}\n`);
  expect(text).toMatch(/^took +\d+\.\ds$/m);
  expect(text).toMatch(/^layers +sha256:[0-9a-f]{64}: \d+ paths, .*MB unpacked, .* compressed/m);
  expect(text).toMatch(/^environment +A=1\n +B=2$/m);
  const json = JSON.parse(out(home, 'inspect', run?.key ?? '', '--format', 'json'));
  expect(json).toMatchObject({ key: run?.key, hasTree: true, parts: { op: 'run' } });
});

test('inspect refuses what is no key, names nothing, or names several', (context) => {
  const home = built(context);
  const says = (key: string) => slipway(home, ['cache', 'inspect', key]);
  expect(says('RUN').stderr).toContain('"RUN" is not the key of a record');
  expect(says('RUN').status).toBe(2);
  const keys = lines<Listed>(out(home, 'ls', '--format', 'json')).map(({ key }) => key.slice(7, 8));
  const absent = [...'0123456789abcdef'].find((digit) => !keys.includes(digit)) ?? '';
  expect(says(absent)).toMatchObject({ status: 1 });
  expect(says(absent).stderr).toContain(`no record of the cache has a key ${absent}`);
});
