// A cache that goes from one store to another: nothing runs again there, whichever form it travels in.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { openStore } from '../../cache/store.ts';
import { sha256 } from '../../core/digest.ts';
import { LayerList } from '../../image/layer-list.ts';
import { requiresPrograms } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  PROGRAM,
  programEnv,
  slipway,
  steps,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DOCKERFILE = `${BUSYBOX}WORKDIR /app
COPY a .
RUN --mount=type=cache,id=npm,target=/c cp a /c/log; mkdir -m 700 d; chown 5:6 a; ln a b; ln -s b d/l; rm /bin/wget
RUN rm -r d; mkdir d; echo two > d/new
`;

function ok(home: string, ...args: string[]): string {
  const finished = slipway(home, args);
  expect(finished.status, finished.stderr).toBe(0);
  return finished.stdout;
}

function built(context: TestContext): { readonly home: string; readonly folder: string } {
  const folder = busyboxContext(context, { Dockerfile: DOCKERFILE, a: 'one' });
  const home = tmpDir();
  ok(home, 'build', '-q', folder);
  return { home, folder };
}

function ran(home: string, folder: string, ...args: string[]): string[] {
  const finished = slipway(home, ['build', '--progress=json', ...args, folder]);
  expect(finished.status, finished.stderr).toBe(0);
  return steps(finished).flatMap(({ status, step }) => (status === 'ran' ? [step] : []));
}

/** What the files of an image are to whoever lists them, with times to the nanosecond. */
function filesOf(home: string, folder: string): string {
  const out = join(tmpDir(), 'out');
  ok(home, 'build', '-q', '-o', out, folder);
  const format = '%P %y %m %U %G %s %T@ %l %n\n';
  return execFileSync('find', [join(out, 'app'), '-printf', format], { encoding: 'utf8' });
}

test('an exported cache spares another store every step, and gives the same image', (context) => {
  const { home, folder } = built(context);
  const tar = join(tmpDir(), 'cache.tar');
  ok(home, 'cache', 'export', tar);
  const there = tmpDir();
  expect(ok(there, 'cache', 'import', tar)).toBe(
    'imported 6 records and 6 layers\nimported the cache mount npm\n',
  );
  expect(ran(there, folder)).toEqual([]);
  const image = (store: string): string => ok(store, 'build', '-q', folder);
  expect(image(there)).toBe(image(home));
  expect(filesOf(there, folder)).toBe(filesOf(home, folder));
  expect(ok(there, 'cache', 'verify')).toContain('nothing is damaged');
  // What is unpacked of it is as the list says, to the nanosecond.
  writeFileSync(
    join(folder, 'Dockerfile'),
    `${DOCKERFILE}RUN cmp a b && test -d d && ! test -e /bin/wget\n`,
  );
  expect(ran(there, folder)).toHaveLength(1);
  expect(ok(there, 'cache', 'verify')).toContain('nothing is damaged');
  const inspected = JSON.parse(
    ok(there, 'cache', 'ls', '--format', 'json').split('\n').at(-2) ?? '',
  );
  expect(ok(there, 'cache', 'inspect', inspected.key)).toMatch(
    /^made +elsewhere: it was imported$/m,
  );
});

test('the same cache gives the same bytes, also when it comes from where it was imported', (context) => {
  const { home } = built(context);
  const tar = (store: string): Buffer => {
    const path = join(tmpDir(), 'cache.tar');
    ok(store, 'cache', 'export', path);
    return readFileSync(path);
  };
  const first = tar(home);
  expect(sha256(tar(home))).toBe(sha256(first));
  const there = tmpDir();
  const pipe = `"$0" "$1" cache export - | SLIPWAY_HOME=${there} "$0" "$1" cache import -`;
  execFileSync('sh', ['-c', pipe, process.execPath, PROGRAM], {
    env: programEnv(home),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(sha256(tar(there))).toBe(sha256(first));
});

test('a folder is written anew, and what it held before and nobody needs is gone', (context) => {
  const { home, folder } = built(context);
  const cache = join(tmpDir(), 'cache');
  ok(home, 'cache', 'export', `${cache}/`);
  const before = readdirSync(join(cache, 'blobs/sha256'));
  writeFileSync(join(folder, 'a'), 'two');
  ok(home, 'build', '-q', folder);
  ok(home, 'cache', 'prune', '--filter', 'kind!=base', '--older-than', '0s');
  ok(home, 'build', '-q', folder);
  ok(home, 'cache', 'export', cache);
  const after = readdirSync(join(cache, 'blobs/sha256'));
  expect(after.filter((name) => !before.includes(name)).length).toBeGreaterThan(0);
  expect(before.filter((name) => !after.includes(name)).length).toBeGreaterThan(0);
  const there = tmpDir();
  ok(there, 'cache', 'import', cache);
  expect(ran(there, folder)).toEqual([]);
});

test('a filter takes what it describes with all that it was run on, and no more', (context) => {
  const { home, folder } = built(context);
  const tar = join(tmpDir(), 'cache.tar');
  ok(home, 'cache', 'export', '--no-mounts', '--filter', 'kind=workdir', tar);
  const there = tmpDir();
  expect(ok(there, 'cache', 'import', tar)).toBe('imported 3 records and 3 layers\n');
  expect(ran(there, folder).map((step) => step.replace(/.*\] (\w+).*/, '$1'))).toEqual([
    'COPY',
    'RUN',
    'RUN',
  ]);
});

test('an image copier carries it', (context) => {
  requiresPrograms(context, 'skopeo');
  const { home, folder } = built(context);
  const [tar, copy] = [join(tmpDir(), 'cache.tar'), join(tmpDir(), 'copy')];
  ok(home, 'cache', 'export', tar);
  execFileSync('skopeo', ['copy', '-q', `oci-archive:${tar}`, `oci:${copy}:cache`]);
  const there = tmpDir();
  ok(there, 'cache', 'import', copy);
  expect(ran(there, folder)).toEqual([]);
});

test('what is no exported cache is told so', (context) => {
  const { home } = built(context);
  const image = join(tmpDir(), 'image.tar');
  const folder = busyboxContext(context, { Dockerfile: 'FROM scratch\nCOPY busybox /b\n' });
  ok(home, 'build', '-q', '-o', `type=oci,dest=${image}`, folder);
  const { status, stderr } = slipway(home, ['cache', 'import', image]);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^error\[E_CACHE_ARCHIVE\]: .*image\.tar holds no exported cache\n = hint: /,
  );
  const missing = slipway(home, ['cache', 'import', '/nowhere']);
  expect(missing.stderr).toContain('error[E_ARCHIVE_INVALID]: /nowhere cannot be read: ENOENT');
  const layout = join(tmpDir(), 'layout');
  ok(home, 'build', '-q', '-o', `type=oci,tar=false,dest=${layout}`, folder);
  const onto = slipway(home, ['cache', 'export', layout]);
  expect(onto.stderr).toContain('error[E_OUTPUT]');
  expect(onto.stderr).toContain('is an OCI layout with something else in it');
});

const TRACED = `${BUSYBOX}COPY . /app
RUN --network=none cat /app/a > /out
`;

/** A store with an imported cache of one RUN that reads one file, and a context in which another file is new. */
function elsewhere(context: TestContext, ...flags: string[]): string[] {
  const folder = busyboxContext(context, { Dockerfile: TRACED, a: 'one' });
  const home = tmpDir();
  ok(home, 'build', '-q', folder);
  const tar = join(tmpDir(), 'cache.tar');
  ok(home, 'cache', 'export', tar);
  const there = tmpDir();
  ok(there, 'cache', 'import', tar);
  if (flags.length > 0) ok(there, 'cache', 'import', ...flags, tar);
  writeFileSync(join(folder, 'unread'), '');
  return ran(there, folder).filter((step) => step.includes('RUN --network'));
}

test('what an imported step read is believed only where that was asked for', (context) => {
  expect(elsewhere(context)).toHaveLength(1);
  expect(elsewhere(context, '--trust-reads')).toEqual([]);
});

test('an export takes what one build used, or what made one image, and what that was run on', (context) => {
  const { home, folder } = built(context);
  const first = ok(home, 'why', '--builds', '--format', 'json');
  const { id } = JSON.parse(first.split('\n')[0] ?? '') as { id: string };
  ok(home, 'build', '-q', '-t', 'one', folder);
  writeFileSync(join(folder, 'a'), 'two');
  ok(home, 'build', '-q', '-t', 'two', folder);
  const records = (...args: string[]): number => {
    const tar = join(tmpDir(), 'cache.tar');
    const { stderr } = slipway(home, ['cache', 'export', '--no-mounts', ...args, tar]);
    return Number(/exported (\d+) records/.exec(stderr)?.[1]);
  };
  const all = records();
  expect(records('--build', id)).toBe(6);
  expect(all).toBeGreaterThan(6);
  const tar = join(tmpDir(), 'cache.tar');
  ok(home, 'cache', 'export', '--no-mounts', '--image', 'two', tar);
  const there = tmpDir();
  ok(there, 'cache', 'import', tar);
  expect(ran(there, folder)).toEqual([]);
  expect(slipway(home, ['cache', 'export', '--build', 'nobody', 'x.tar']).status).toBe(1);
  expect(slipway(home, ['cache', 'export', '--image', 'nobody', 'x.tar']).stderr).toContain(
    'nobody',
  );
});

test('what is damaged in the store is left out of an export, which does not fail for it', async (context) => {
  const { home, folder } = built(context);
  const store = await openStore(home);
  const last = [...store.records.list()].find(({ step }) => step.includes('echo two'));
  const [part] = LayerList.open(store.objects, last?.layers[0] ?? sha256(''))?.parts ?? [];
  if (part === undefined) throw new Error('the layer has no entries');
  store.objects.delete(part);
  await store.close();
  const tar = join(tmpDir(), 'cache.tar');
  ok(home, 'cache', 'export', tar);
  const there = tmpDir();
  ok(there, 'cache', 'import', tar);
  expect(ran(there, folder)).toEqual([expect.stringContaining('echo two')]);
});
