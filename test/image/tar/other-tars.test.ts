// What other programs write we read, and what we write they read.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { extract, pack } from 'tar-stream';
import { expect, type TestContext, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { nameToBytes } from '../../../core/names.ts';
import type { Entry } from '../../../image/entry.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import { writeLayerTar } from '../../../image/tar/writer.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { chunksOf, collect, contentsOf } from '../../support/contents.ts';
import { dir, file, hardlink, symlink } from '../../support/entries.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { tmpDir } from '../../support/tmp.ts';

const LONG = Array.from({ length: 20 }, (_, i) => `component-${i}`).join('/');
const LONG_NAME = 'n'.repeat(200);
const RAW = 'raw-\udcff';

/** A folder with something of everything that needs no privilege. */
function sampleFolder(): string {
  const root = join(tmpDir(), 'sample');
  fs.mkdirSync(join(root, LONG), { recursive: true });
  fs.writeFileSync(join(root, LONG, 'deep'), 'deep');
  fs.writeFileSync(join(root, LONG_NAME), 'x'.repeat(5000));
  fs.writeFileSync(join(root, 'größe'), '');
  fs.writeFileSync(nameToBytes(`${root}/${RAW}`), 'raw');
  fs.writeFileSync(join(root, 'ran'), '#!/bin/sh\n');
  fs.chmodSync(join(root, 'ran'), 0o4755);
  fs.linkSync(join(root, 'ran'), join(root, 'run'));
  fs.symlinkSync(`${LONG}/deep`, join(root, 'long-link'));
  fs.symlinkSync('../../outside', join(root, 'outside'));
  fs.utimesSync(join(root, 'ran'), 1_600_000_000, 1_600_000_000);
  return root;
}

/** What the folder has at an entry's path, in the words of an entry. */
function onDisk(root: string, { path, type }: Entry): object {
  const at = nameToBytes(`${root}/${path}`);
  const { mode, uid, gid, mtime } = fs.lstatSync(at);
  const common = { mode: mode & 0o7777, uid, gid };
  if (type === 'symlink') return { ...common, link: fs.readlinkSync(at) };
  if (type !== 'file') return common;
  const content = fs.readFileSync(at);
  const seconds = BigInt(Math.floor(mtime.getTime() / 1000));
  expect(fs.statSync(at).size).toBe(content.length);
  return { ...common, size: content.length, digest: sha256(content), seconds };
}

const PYTHON = `import sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=int(sys.argv[1]))
t.add(sys.argv[2], ".")
t.close()`;

function run(context: TestContext, program: string, args: string[], input?: Buffer): Buffer {
  requiresPrograms(context, program);
  const { status, stdout, stderr } = spawnSync(program, args, { input, maxBuffer: 2 ** 26 });
  expect([status, stderr.toString()]).toEqual([0, '']);
  return stdout;
}

const WRITERS: [string, string, (root: string) => string[]][] = [
  ['GNU tar in its own format', 'tar', (root) => ['-C', root, '--format=gnu', '-c', '.']],
  ['GNU tar in PAX format', 'tar', (root) => ['-C', root, '--format=posix', '-c', '.']],
  ['Python in PAX format', 'python3', (root) => ['-c', PYTHON, '2', root]],
  ['Python in GNU format', 'python3', (root) => ['-c', PYTHON, '1', root]],
];

for (const [name, program, args] of WRITERS) {
  test(`what ${name} packs is what the folder has`, async (context) => {
    const root = sampleFolder();
    const { entries } = await indexLayer(chunksOf(run(context, program, args(root))));
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'dir ',
      ...LONG.split('/').map((_, i, all) => `dir ${all.slice(0, i + 1).join('/')}`),
      `file ${LONG}/deep`,
      'file größe',
      'symlink long-link',
      `file ${LONG_NAME}`,
      'symlink outside',
      'file ran',
      `file ${RAW}`,
      'hardlink run',
    ]);
    for (const entry of entries) {
      const seconds = entry.mtime / 1_000_000_000n;
      expect({ ...entry, seconds }).toMatchObject(onDisk(root, entry));
    }
  });
}

const OURS = sortEntries([
  dir('d', { mode: 0o1777 }),
  file('d/ran', 'text', { mode: 0o4755, mtime: 1_600_000_000_000_000_000n }),
  hardlink('d/run', 'd/ran', { mode: 0o4755 }),
  symlink('link', LONG),
  file(LONG, 'deep'),
  file(LONG_NAME, 'n'),
  file('größe', ''),
  file(RAW, 'raw', { uid: 3_000_000 }),
]);
const TEXTS = { 'd/ran': 'text', [LONG]: 'deep', [LONG_NAME]: 'n', größe: '', [RAW]: 'raw' };

test('what we write unpacks with GNU tar to the same files', async (context) => {
  const root = tmpDir();
  const tar = await collect(writeLayerTar(OURS, contentsOf(TEXTS)));
  run(context, 'tar', ['-C', root, '--no-same-owner', '-xp'], tar);
  for (const { path, link } of OURS) {
    const at = nameToBytes(`${root}/${path}`);
    const text = TEXTS[link && path !== 'link' ? link : path];
    if (text !== undefined) expect(fs.readFileSync(at).toString()).toBe(text);
  }
  const ran = fs.statSync(join(root, 'd/ran'));
  expect([ran.mode & 0o7777, ran.mtimeMs, ran.nlink]).toEqual([0o4755, 1_600_000_000_000, 2]);
  expect(fs.statSync(join(root, 'd')).mode & 0o7777).toBe(0o1777);
  expect(fs.readlinkSync(join(root, 'link'))).toBe(LONG);
});

const LIST = `import sys, tarfile
for m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|"):
    line = f"{m.type.decode()} {m.mode:o} {m.uid} {m.size} {m.name}\\n"
    sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))`;

test("what we write is what Python's tarfile lists", async (context) => {
  const tar = await collect(writeLayerTar(OURS, contentsOf(TEXTS)));
  const types: Partial<Record<Entry['type'], string>> = {
    file: '0',
    hardlink: '1',
    symlink: '2',
    dir: '5',
  };
  const lines = OURS.map(
    ({ type, mode, uid, size, path }) =>
      `${types[type]} ${mode.toString(8)} ${uid} ${size} ${path}\n`,
  );
  expect(run(context, 'python3', ['-c', LIST], tar).equals(nameToBytes(lines.join('')))).toBe(true);
});

test('what we write is what tar-stream reads, and what it packs we read', async () => {
  const readable = OURS.filter(({ path }) => path !== RAW);
  const tar = await collect(writeLayerTar(readable, contentsOf(TEXTS)));
  const names: string[] = [];
  const again = pack();
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    names.push(header.name);
    stream.pipe(again.entry(header, next));
  });
  reader.on('finish', () => again.finalize());
  reader.end(tar);
  const { entries } = await indexLayer(again as AsyncIterable<Uint8Array>);
  expect(names).toEqual(readable.map(({ type, path }) => (type === 'dir' ? `${path}/` : path)));
  expect(entries).toEqual(readable);
});
