// What is wrong in the words of a command, and in the places that they name: usage (status 2), contexts,
// outputs, archives and stores. The error is clear, and what was there before stays as it was.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requiresPrograms } from '../support/requires.ts';
import { seededRandom } from '../support/seed.ts';
import { contextOf, type Finished, PROGRAM, programEnv, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const USAGE: readonly (readonly [words: readonly string[], code: string, says: string])[] = [
  [['buidl', '.'], 'E_USAGE', 'there is no command "buidl"|did you mean slipway build?'],
  [['build'], 'E_USAGE', 'slipway build needs a context'],
  [['build', '.', '.'], 'E_USAGE', 'too many arguments'],
  [['build', '--tagg', 'x', '.'], 'E_USAGE', 'has no flag --tagg|did you mean --tag?'],
  [['build', '/nonexistent/x'], 'E_CONTEXT_NOT_FOUND', 'it does not exist'],
  [['build', PROGRAM], 'E_CONTEXT_NOT_FOUND', 'it is not a folder'],
  [['build', '-o', 'type=oic', '.'], 'E_USAGE', 'no output type "oic"|did you mean oci?'],
  [['build', '-o', 'type=oci,dst=x', '.'], 'E_USAGE', 'no key "dst"|did you mean dest?'],
  [['build', '-o', 'type=oci,"dest=x', '.'], 'E_USAGE', 'a quote is not closed'],
  [['build', '-o', '-', '-o', 'type=oci', '.'], 'E_USAGE', 'two outputs go to standard output'],
  [['build', '--build-arg', '=x', '.'], 'E_USAGE', 'the name is empty'],
  [['build', '--platform', 'foo', '.'], 'E_PLATFORM_INVALID', 'no architecture foo'],
  [['build', '--platform', 'linux', '.'], 'E_PLATFORM_INVALID', 'add the architecture'],
  [['build', '-t', 'Upper', '.'], 'E_REFERENCE_INVALID', 'no capital letters|mean upper?'],
  [['build', '--jobs', '0', '.'], 'E_USAGE', '--jobs 0 is not a number from 1'],
  [['build', '--network', 'lan', '.'], 'E_USAGE', 'lan'],
];

test('wrong usage ends with status 2 before anything is made', () => {
  const home = join(tmpDir(), 'store');
  for (const [words, code, says] of USAGE) refuses(slipway(home, words), 2, code, says);
  expect(existsSync(home)).toBe(false);
});

test('platforms that are not built are told as such', () => {
  const home = tmpDir();
  const build = (platform: string) => slipway(home, ['build', '--platform', platform, '.']);
  refuses(build('windows/amd64'), 1, 'E_UNSUPPORTED', 'only Linux images are built');
  refuses(build('linux/amd64,linux/arm64'), 1, 'E_UNSUPPORTED', 'one build makes one platform');
});

test('a Dockerfile that is a folder, or is not there', () => {
  const home = tmpDir();
  const folder = contextOf({ 'Dockerfile/file': '' });
  const build = (...words: string[]) => slipway(home, ['build', ...words, folder]);
  refuses(build(), 1, 'E_DOCKERFILE_NOT_FOUND', 'it is not a regular file');
  refuses(build('-f', 'none'), 1, 'E_DOCKERFILE_NOT_FOUND', 'there is no none');
});

test('an archive is not written to a terminal', (context) => {
  requiresPrograms(context, 'script');
  const folder = contextOf({ Dockerfile: 'FROM scratch\n' });
  const command = `'${process.execPath}' '${PROGRAM}' build -o - '${folder}'`;
  const done = spawnSync('script', ['-qec', command, '/dev/null'], {
    env: programEnv(tmpDir()),
    encoding: 'utf8',
  });
  expect(done.stdout).toContain('error[E_USAGE]: an archive is not written to a terminal');
  expect(done.status).toBe(2);
});

test('a reader that goes away ends a build without a word', (context) => {
  requiresPrograms(context, 'bash', 'head');
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY big /\n', big: 'x'.repeat(1 << 22) });
  const script = `"$0" "$1" build -q -o - "$2" | head -c 10 > /dev/null; echo "\${PIPESTATUS[0]}"`;
  const done = spawnSync('bash', ['-c', script, process.execPath, PROGRAM, folder], {
    env: programEnv(tmpDir()),
    encoding: 'utf8',
  });
  expect(done).toMatchObject({ stdout: '141\n', stderr: '' });
});

test('archives that are truncated, damaged, incomplete or none at all', (context) => {
  requiresPrograms(context, 'tar');
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile big /\n', big: noise() });
  const maker = tmpDir();
  const layout = join(folder, 'layout');
  const archive = join(folder, 'app.tar');
  const outputs = [
    '-o',
    `type=oci,dest=${archive},name=a`,
    '-o',
    `type=oci,tar=false,dest=${layout}`,
  ];
  expect(slipway(maker, ['build', '-q', ...outputs, folder]).status).toBe(0);
  const home = tmpDir();
  const load = (path: string) => slipway(home, ['load', '-i', path]);

  truncateSync(archive, 40_000);
  refuses(load(archive), 1, 'E_ARCHIVE_TRUNCATED', 'app.tar ends too early|make it again');
  writeFileSync(archive, 'no tar');
  refuses(load(archive), 1, 'E_ARCHIVE_INVALID', 'app.tar is not an image archive: it is no tar');
  refuses(load(layout), 1, 'E_ARCHIVE_INVALID', 'it is a folder');
  refuses(load(join(folder, 'none')), 1, 'E_ARCHIVE_INVALID', 'cannot be read: ENOENT');

  const blob = damageLargest(join(layout, 'blobs/sha256'));
  spawnSync('tar', ['-cf', archive, '-C', layout, '.']);
  refuses(load(archive), 1, 'E_BLOB_CORRUPT', `blob sha256:${blob} of |app.tar is damaged|fetch`);
  spawnSync('rm', [join(layout, 'blobs/sha256', blob)]);
  spawnSync('tar', ['-cf', archive, '-C', layout, '.']);
  refuses(load(archive), 1, 'E_BLOB_MISSING', `app.tar lacks blob sha256:${blob}`);

  expect(slipway(home, ['images', '--format', 'json']).stdout).toBe('');
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
});

test('a damaged blob in the store is found, named and never passed on', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY big /\n', big: noise() });
  const [maker, home, archive] = [tmpDir(), tmpDir(), join(folder, 'app.tar')];
  const build = ['build', '-q', '-o', `type=oci,dest=${archive},name=app`, folder];
  expect(slipway(maker, build).status).toBe(0);
  expect(slipway(home, ['load', '-i', archive]).status).toBe(0);
  const blob = damageLargest(join(home, 'oci/blobs/sha256'));
  writeFileSync(join(folder, 'Dockerfile'), 'FROM app\nCOPY Dockerfile /\n');
  const based = slipway(home, ['build', '-q', folder]);
  refuses(
    based,
    1,
    'E_BLOB_CORRUPT',
    `blob sha256:${blob} of the base image is damaged|Dockerfile:1:`,
  );
  const saved = join(folder, 'saved.tar');
  refuses(slipway(home, ['save', '-o', saved, 'app']), 1, 'E_BLOB_MISSING', 'pull or load');
  expect(readdirSync(folder).filter((name) => name.includes('saved'))).toEqual([]);
  expect(slipway(home, ['load', '-i', archive]).status).toBe(0);
  expect(slipway(home, ['build', '-q', folder])).toMatchObject({ status: 0, stderr: '' });
});

test('images that are not there', () => {
  const home = tmpDir();
  for (const words of [
    ['inspect', 'x'],
    ['rmi', 'x'],
    ['tag', 'x', 'y'],
    ['save', 'x'],
    ['push', 'x'],
  ])
    refuses(slipway(home, words), 1, 'E_IMAGE_NOT_FOUND', 'the local store has no image');
});

test('a store of another version, and a folder that is no store, are left as they are', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\n' });
  const [other, foreign] = [tmpDir(), tmpDir()];
  writeFileSync(join(other, 'format.json'), '{"format":99}');
  mkdirSync(join(foreign, 'tmp/mine'), { recursive: true });
  refuses(
    slipway(other, ['build', folder]),
    1,
    'E_STORE_FORMAT',
    'has format 99; this slipway reads',
  );
  refuses(
    slipway(foreign, ['build', folder]),
    1,
    'E_STORE_UNUSABLE',
    'is not a store, and not empty',
  );
  refuses(slipway(join(folder, 'Dockerfile'), ['images']), 1, 'E_STORE_UNUSABLE', 'cannot be used');
  expect(readdirSync(other)).toEqual(['format.json']);
  expect(readdirSync(join(foreign, 'tmp'))).toEqual(['mine']);
});

test('an output that cannot be written, beside one that can', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  const home = tmpDir();
  const good = join(folder, 'good.tar');
  const bad = (dest: string) =>
    slipway(home, ['build', '-q', '-o', `type=oci,dest=${good}`, '-o', dest, folder]);
  refuses(
    bad(`type=tar,dest=${folder}`),
    1,
    'E_OUTPUT',
    'cannot be written: EISDIR|a folder of that name',
  );
  const through = join(folder, 'Dockerfile/x');
  refuses(bad(`type=oci,dest=${through}`), 1, 'E_OUTPUT', 'Dockerfile/x cannot be written');
  refuses(bad(`type=local,dest=${through}`), 1, 'E_OUTPUT', 'Dockerfile/x cannot be written');
  refuses(
    bad(`type=oci,tar=false,dest=${through}`),
    1,
    'E_OUTPUT',
    'Dockerfile/x cannot be written',
  );
  expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'good.tar']);
});

function refuses(done: Finished, status: number, code: string, says: string): void {
  expect(done.stderr).toContain(`error[${code}]: `);
  for (const words of says.split('|')) expect(done.stderr).toContain(words);
  expect(done.status).toBe(status);
}

/** Text that gzip cannot make small. */
function noise(): string {
  const random = seededRandom('noise');
  return Array.from({ length: 20_000 }, () => random.int(1e9).toString(36)).join('');
}

/** Changes a byte in the middle of the folder's largest file and returns its name. */
function damageLargest(folder: string): string {
  const sizes = readdirSync(folder).map((name) => ({
    name,
    bytes: readFileSync(join(folder, name)),
  }));
  const largest = sizes.reduce((a, b) => (a.bytes.length > b.bytes.length ? a : b));
  const middle = largest.bytes.length >> 1;
  largest.bytes[middle] = (largest.bytes[middle] ?? 0) ^ 0xff;
  chmodSync(join(folder, largest.name), 0o644);
  writeFileSync(join(folder, largest.name), largest.bytes);
  return largest.name;
}
