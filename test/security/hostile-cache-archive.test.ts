// An exported cache that somebody has tampered with. Whatever it says, nothing is written outside of the store, nothing
// is believed that its digests, lists and trees do not confirm, and the store works on.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { digestOf } from '../../core/canonical.ts';
import { sha256 } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { EntryEncoder } from '../../image/entry-codec.ts';
import { dir, file, hardlink, symlink } from '../support/entries.ts';
import { archive, member } from '../support/raw-tar.ts';
import { busyboxContext, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

// biome-ignore lint/suspicious/noExplicitAny: the test breaks these documents in every way
type Json = any;

/** An exported cache in a folder, and ways to change it so that all digests are right again. */
class Exported {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  blob(digest: string): string {
    return join(this.path, 'blobs/sha256', digest.slice(7));
  }

  json(digest: string): Json {
    return JSON.parse(readFileSync(this.blob(digest), 'utf8'));
  }

  put(bytes: Buffer): { digest: string; size: number } {
    writeFileSync(this.blob(sha256(bytes)), bytes);
    return { digest: sha256(bytes), size: bytes.length };
  }

  /** Rewrites manifest and config by `change`. */
  change(change: (config: Json, manifest: Json) => void): void {
    const index = JSON.parse(readFileSync(join(this.path, 'index.json'), 'utf8'));
    const manifest = this.json(index.manifests[0].digest);
    const config = this.json(manifest.config.digest);
    change(config, manifest);
    Object.assign(manifest.config, this.put(Buffer.from(JSON.stringify(config))));
    Object.assign(index.manifests[0], this.put(Buffer.from(JSON.stringify(manifest))));
    writeFileSync(join(this.path, 'index.json'), JSON.stringify(index));
  }
}

/** Outlives a test. */
const shared = mkdtempSync(join(tmpdir(), 'slipway-test-'));
let original: string | undefined;

afterAll(() => rmSync(shared, { recursive: true, force: true }));

/** A copy of an exported cache that is as it should be. */
function exported(context: TestContext): Exported {
  original ??= exportOne(context);
  const path = join(tmpDir(), 'cache');
  cpSync(original, path, { recursive: true });
  return new Exported(path);
}

function exportOne(context: TestContext): string {
  const folder = busyboxContext(context, {
    Dockerfile: `FROM scratch
COPY busybox /bin/busybox
RUN --mount=type=cache,id=m,target=/c ["/bin/busybox", "mkdir", "/d", "/c/d"]
`,
  });
  const home = tmpDir();
  const path = join(shared, 'cache');
  expect(slipway(home, ['build', '-q', folder]).status).toBe(0);
  const finished = slipway(home, ['cache', 'export', `${path}/`]);
  expect(finished.status, finished.stderr).toBe(0);
  return path;
}

/** Imports into a new store, which must then hold nothing that a build would use. */
function refused({ path }: Exported, ...args: string[]): Finished {
  const home = tmpDir();
  const finished = slipway(home, ['cache', 'import', ...args, path]);
  expect(finished.status, finished.stdout).toBe(1);
  expect(slipway(home, ['cache', 'ls', '--format', 'json']).stdout).toBe('');
  expect(readdirSync(join(home, 'layers'))).toEqual([]);
  return finished;
}

/** A layer's list, whatever its entries are: what names the chunks, and the one chunk. */
function rawList(...entries: readonly Entry[]): Buffer[] {
  const encoder = new EntryEncoder();
  for (const entry of entries) encoder.add(entry);
  return listOf(encoder.take(), entries[0]?.path ?? '', entries.length);
}

function listOf(chunk: Uint8Array, first: string, count: number): Buffer[] {
  const chunks = JSON.stringify([[first, count, sha256(chunk)]]);
  return [Buffer.from(`slipway-layer-2\n${chunks}`), Buffer.from(chunk)];
}

/** Adds a layer with the list of these objects and this tar to the first record, and makes every reference right. */
function withLayer(cache: Exported, list: readonly Buffer[], tar: Buffer): void {
  cache.change((config, manifest) => {
    const [part] = manifest.layers;
    const packed: Buffer[] = [gunzipSync(readFileSync(cache.blob(part.digest)))];
    for (const object of list) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(object.length);
      packed.push(length, object);
    }
    Object.assign(part, cache.put(gzipSync(Buffer.concat(packed))));
    const blob = cache.put(gzipSync(tar));
    manifest.layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob });
    const id = sha256(list[0] ?? '');
    config.layers.push({ id, diffId: sha256(tar), blob: blob.digest, compressor: 'x' });
    config.records[0].layers.push(id);
  });
}

test.for<[string, (config: Json, manifest: Json, cache: Exported) => void, RegExp]>([
  [
    'a key that is not of its parts',
    ({ records }) => records[0].parts.push(['command', '["/bin/evil"]']),
    /E_CACHE_ARCHIVE\]: the config of .*records\[0\] has a key that is not of its parts/,
  ],
  [
    'a tree that is not of its layers',
    ({ records }) => {
      records[1].tree = records[0].tree;
    },
    /E_CACHE_ARCHIVE\]: .*is damaged: the result of .* is not its layers'/,
  ],
  [
    'a layer that is not there',
    ({ records }) => records[0].layers.push(sha256('x')),
    /E_CACHE_ARCHIVE\]: .*is damaged: it lacks the list of the layer sha256:/,
  ],
  [
    'a read set that is something else',
    ({ records, layers }) => {
      const [{ id }] = layers;
      records[0].observed = { reads: id, network: false, calls: 0, supervisorMs: 0 };
    },
    /E_CACHE_ARCHIVE\]: .*is damaged: what .* read is no read set/,
  ],
  [
    'a digest that is a path',
    ({ layers }) => {
      layers[0].blob = '../../../../etc/passwd';
    },
    /E_CACHE_ARCHIVE\]: .*layers\[0\]: blob is not a sha256 digest/,
  ],
  [
    'a record on what nobody made',
    ({ records }) => {
      const record = records.find(({ kind }: Json) => kind === 'run');
      record.parts.find(([name]: Json) => name === 'input tree')[1] = sha256('nothing');
      record.key = digestOf('slipway-key/1', record.parts);
    },
    /E_CACHE_ARCHIVE\]: .* lacks what .*RUN.* was run on/,
  ],
  [
    'a tar of another layer',
    ({ layers }, manifest) => {
      const gzipped = manifest.layers.filter(({ mediaType }: Json) => mediaType.includes('layer'));
      layers[0].blob = gzipped.find(({ digest }: Json) => digest !== layers[0].blob).digest;
    },
    /E_CACHE_ARCHIVE\]: .*the tar of the layer .* is not what its list says/,
  ],
  [
    'a diffID that is another',
    ({ layers }) => {
      layers[0].diffId = sha256('x');
    },
    /E_CACHE_ARCHIVE\]: .*the tar of the layer .* is not what its list says/,
  ],
  [
    'lists that are cut',
    (_, manifest, cache) => {
      Object.assign(manifest.layers[0], cache.put(gzipSync(Buffer.from([255, 255, 255, 255, 1]))));
    },
    /E_CACHE_ARCHIVE\]: the lists of .* are cut short or malformed/,
  ],
  [
    'a kind of its own',
    ({ records }) => {
      records[0].kind = 'mount';
    },
    /E_CACHE_ARCHIVE\]: .*kind is not known/,
  ],
])('%s is refused', ([, change, message], context) => {
  const cache = exported(context);
  cache.change((config, manifest) => change(config, manifest, cache));
  expect(refused(cache).stderr).toMatch(message);
});

test('a blob that is not what its digest says is refused', (context) => {
  const cache = exported(context);
  cache.change((_, manifest) => {
    const { digest } = manifest.layers.at(-1);
    writeFileSync(cache.blob(digest), Buffer.from(readFileSync(cache.blob(digest))).reverse());
  });
  expect(refused(cache).stderr).toContain('error[E_BLOB_CORRUPT]');
});

const fifo = (path: string, more: Partial<Entry> = {}): Entry => ({
  ...dir(path),
  type: 'fifo',
  ...more,
});

test.for<[string, Buffer[]]>([
  ['a path out of the image', rawList(file('../../etc/cron.d/x', 'x'))],
  ['an absolute path', rawList(file('/etc/x', 'x'))],
  ['a file below a file', rawList(file('a', 'x'), file('a/b', 'x'))],
  ['a path twice', rawList(file('a', 'x'), file('a', 'x'))],
  ['entries out of order', rawList(file('b', 'x'), file('a', 'x'))],
  ['a mode that is none', rawList(fifo('a', { mode: 0o100_644 }))],
  ['an owner that is none', rawList(fifo('a', { uid: 2 ** 40 }))],
  ['a link with a NUL', rawList(symlink('a', '/e\0'))],
  ['a hard link out of it', rawList(hardlink('a', '../x'))],
  ['a hard link to nothing', rawList(hardlink('a', ''))],
  ['a count that is another', listOf(rawList(file('a', 'x'))[1] ?? Buffer.alloc(0), 'a', 1000)],
  ['bytes that are no entries', listOf(Buffer.alloc(100, 0xff), 'a', 1)],
  ['names that are no chunks', [Buffer.from('slipway-layer-2\n{}')]],
  ['something else', [Buffer.from('x'.repeat(100))]],
])('a list with %s is refused', ([, list], context) => {
  const cache = exported(context);
  withLayer(cache, list, archive(member({ name: 'a', content: 'x' })));
  expect(refused(cache).stderr).toContain('error[E_LAYER_INVALID]');
});

test('a tar that holds more than its list is refused', (context) => {
  const cache = exported(context);
  const tar = archive(member({ name: 'a', content: 'x' }), member({ name: 'b', content: 'evil' }));
  withLayer(cache, rawList(file('a', 'x')), tar);
  expect(refused(cache).stderr).toContain('is not what its list says');
});

test('a mount that leads out of its folder is refused, and one that is named like a path stays inside', (context) => {
  const cache = exported(context);
  const outside = tmpDir();
  const withMount = (tar: Buffer, id: string): void =>
    cache.change((config, manifest) => {
      const blob = cache.put(tar);
      manifest.layers.push({
        mediaType: 'application/vnd.slipway.cache.mount.v1.tar+gzip',
        ...blob,
      });
      config.mounts = [{ id, begin: '', blob: blob.digest }];
    });
  for (const evil of [
    archive(member({ name: '../../x', content: 'x' })),
    archive(member({ name: 'l', type: '2', link: outside }), member({ name: 'l/x', content: 'x' })),
    archive(
      member({ name: 'h', type: '1', link: '/etc/passwd' }),
      member({ name: 'h', content: 'x' }),
    ),
  ]) {
    withMount(evil, 'evil');
    const home = tmpDir();
    expect(slipway(home, ['cache', 'import', cache.path]).status).toBe(1);
    expect(slipway(home, ['cache', 'mounts', 'ls', '--format', 'json']).stdout).toBe('');
  }
  expect(readdirSync(outside)).toEqual([]);
  withMount(archive(member({ name: 'x', content: 'x' })), '../../../../tmp/evil');
  const home = tmpDir();
  expect(slipway(home, ['cache', 'import', cache.path]).status).toBe(0);
  const made = readdirSync(join(home, 'mounts')).filter((name) => !name.includes('.'));
  expect(made).toEqual([sha256('../../../../tmp/evil').slice(7)]);
});

test('a bomb ends where its limits are', (context) => {
  const cache = exported(context);
  cache.change((_, manifest) => {
    // 1.1 GiB out of one megabyte: zeros would be empty lists, a long one would have to be held.
    const start = gzipSync(Buffer.from([0xff, 0xff, 0xff, 0x3f]));
    const part = gzipSync(Buffer.alloc(1 << 20), { level: 9 });
    const members = [start, ...Array.from({ length: 1100 }, () => part)];
    Object.assign(manifest.layers[0], cache.put(Buffer.concat(members)));
  });
  expect(refused(cache).stderr).toContain('are cut short or malformed');
  cache.change((_, manifest) => {
    Object.assign(manifest.layers[0], cache.put(gzipSync(Buffer.alloc(1 << 20))));
  });
  expect(refused(cache).stderr).toContain('are cut short or malformed');
});
