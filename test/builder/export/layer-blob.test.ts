import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { PackRunners, withPackRunners } from '../../../builder/exec/pack-runners.ts';
import { forgetPlaces } from '../../../builder/export/known-blocks.ts';
import { type ExportedLayer, exportLayer } from '../../../builder/export/layer-blob.ts';
import type { SnapshotLayer } from '../../../builder/snapshot.ts';
import { openStore, type Store } from '../../../cache/store.ts';
import { hexOf, sha256 } from '../../../core/digest.ts';
import type { BuildEvent } from '../../../core/events.ts';
import type { Compressor } from '../../../image/compress/compressor.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import { UNCOMPRESSED } from '../../../image/compress/uncompressed.ts';
import type { Entry } from '../../../image/entry.ts';
import { layerId } from '../../../image/layer-list.ts';
import { MEDIA } from '../../../image/model.ts';
import { writeLayerTar } from '../../../image/tar/writer.ts';
import { chunksOf, collect, contentsOf } from '../../support/contents.ts';
import { file, listOf } from '../../support/entries.ts';
import { seededRandom } from '../../support/seed.ts';
import { tmpDir } from '../../support/tmp.ts';

type Files = ReadonlyMap<string, Buffer>;

async function newStore(): Promise<Store> {
  const store = await openStore(tmpDir());
  onTestFinished(() => store.close());
  return store;
}

function entriesOf(files: Files): Entry[] {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) =>
      file(path, '', { size: bytes.length, digest: sha256(bytes), mtime: 0n }),
    );
}

function layerOf(files: Files): SnapshotLayer {
  const entries = entriesOf(files);
  return {
    id: layerId(entries),
    origin: undefined,
    hardLinks: () => [],
    entries: () => listOf(entries),
    contents: contentsOf(Object.fromEntries(files)),
  };
}

function exported(
  store: Store,
  layer: SnapshotLayer,
  compressor: Compressor = gzip(),
  events: (event: BuildEvent) => void = () => {},
): Promise<ExportedLayer> {
  const { signal } = new AbortController();
  return withPackRunners(signal, (runners) =>
    exportLayer(
      { store, compressor, force: false, epoch: undefined, runners, signal, events },
      layer,
    ),
  );
}

const events = (): void => {};
const random = seededRandom('layer blob');

function someBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = random.int(40);
  return bytes;
}

/** 6 MB in 300 files, one of them of 2 MB. */
function someFiles(): Map<string, Buffer> {
  const files = new Map([['f150-large', someBytes(2_000_000)]]);
  for (let i = 0; i < 300; i++) {
    files.set(`f${String(i).padStart(3, '0')}`, someBytes(random.int(30_000)));
  }
  return files;
}

test('one file changed: nearly every block is taken from the layer before, and the bytes are those of a new store', async () => {
  const store = await newStore();
  const files = someFiles();
  await exported(store, layerOf(files));
  files.set('f200', someBytes(30_001));
  const told: BuildEvent[] = [];
  const reused = await exported(store, layerOf(files), gzip(), (event) => told.push(event));
  const [layer] = told.flatMap((event) => (event.event === 'layer' ? [event] : []));
  expect(layer?.blocks).toBeGreaterThan(9);
  expect((layer?.blocks ?? 0) - (layer?.reused ?? 0)).toBeLessThan(6);
  expect(reused).toEqual(await exported(await newStore(), layerOf(files)));
});

test('random edits: what is put together of old blocks is what a new store makes, byte for byte', async () => {
  const store = await newStore();
  const files = someFiles();
  for (let round = 0; round < 5; round++) {
    await exported(store, layerOf(files));
    for (let edits = 1 + random.int(4); edits > 0; edits--) {
      const names = [...files.keys()];
      const name = names[random.int(names.length)] ?? 'f000';
      if (random.int(3) === 0) files.delete(name);
      else
        files.set(random.int(3) === 0 ? `g${round}-${edits}` : name, someBytes(random.int(40_000)));
    }
    const layer = layerOf(files);
    const reused = await exported(store, layer);
    expect(reused).toEqual(await exported(await newStore(), layer));
    const blob = await collect(store.blobs.open(reused.descriptor.digest));
    const tar = await collect(writeLayerTar(await layer.entries(), layer.contents));
    expect(gunzipSync(blob).equals(tar)).toBe(true);
    expect(reused.diffId).toBe(sha256(tar));
  }
}, 30_000);

test('a block in a damaged blob, or in one that is gone, is compressed anew', async () => {
  const files = someFiles();
  const changed = new Map(files).set('f299', someBytes(10));
  const expected = await exported(await newStore(), layerOf(changed));
  for (const harm of [
    damage,
    (store: Store, blob: ExportedLayer) => store.blobs.delete(blob.descriptor.digest),
  ]) {
    const store = await newStore();
    await harm(store, await exported(store, layerOf(files)));
    expect(await exported(store, layerOf(changed))).toEqual(expected);
  }
});

async function damage(store: Store, { descriptor }: ExportedLayer): Promise<void> {
  const path = join(store.ociDir, 'blobs/sha256', hexOf(descriptor.digest));
  const bytes = readFileSync(path);
  for (let at = 1000; at < bytes.length; at += 50_000) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

test('a block whose bytes are others than its files say is not taken from the cache', async () => {
  const store = await newStore();
  const files = someFiles();
  const layer = layerOf(files);
  await exported(store, layer);
  const lied = new Map(files).set('f010', someBytes(files.get('f010')?.length ?? 0));
  const mixed = {
    ...layer,
    id: sha256('another'),
    contents: contentsOf(Object.fromEntries(lied)),
  };
  const { descriptor, diffId } = await exported(store, mixed);
  const tar = gunzipSync(await collect(store.blobs.open(descriptor.digest)));
  expect(sha256(tar)).toBe(diffId);
});

test('blocks in blobs that are not kept are forgotten', async () => {
  const store = await newStore();
  const { descriptor } = await exported(store, layerOf(someFiles()));
  await store.flush();
  const before = [...store.blocks.entries()].length;
  expect(before).toBeGreaterThan(3);
  forgetPlaces(store.blocks, new Set([descriptor.digest]));
  await store.flush();
  expect([...store.blocks.entries()].length).toBe(before);
  forgetPlaces(store.blocks, new Set());
  await store.flush();
  expect([...store.blocks.entries()]).toEqual([]);
});

test('a build that stops in the middle of a layer leaves no blob, no temporary and no record', async () => {
  const store = await newStore();
  const layer = layerOf(someFiles());
  const stop = new AbortController();
  const contents = {
    async *read(files: readonly Entry[]) {
      let count = 0;
      for await (const content of layer.contents.read(files)) {
        if (++count === 200) stop.abort(new Error('stopped'));
        yield content;
      }
    },
  };
  const { signal } = stop;
  const runners = new PackRunners(signal);
  const how = {
    store,
    compressor: gzip(),
    force: false,
    epoch: undefined,
    runners,
    signal,
    events,
  };
  await expect(exportLayer(how, { ...layer, contents })).rejects.toThrowError('stopped');
  expect(readdirSync(join(store.ociDir, 'blobs/sha256'))).toEqual([]);
  expect(
    readdirSync(store.lease.tmp).filter((name) => statSync(join(store.lease.tmp, name)).isFile()),
  ).toEqual([]);
  await store.flush();
  expect([...store.layerBlobs.entries()]).toEqual([]);
});

test('a layer is kept for each compressor, under the media type of each', async () => {
  const store = await newStore();
  const layer = layerOf(new Map([['a', Buffer.from('text')]]));
  const packed = await exported(store, layer);
  const plain = await exported(store, layer, UNCOMPRESSED);
  expect([packed.descriptor.mediaType, plain.descriptor.mediaType]).toEqual([
    MEDIA.ociLayerGzip,
    MEDIA.ociLayer,
  ]);
  expect(plain.diffId).toBe(packed.diffId);
  expect(plain.descriptor.digest).toBe(plain.diffId);
  expect(await exported(store, layer)).toEqual(packed);
});

test('a base layer keeps its bytes, and gets another compression only by force', async () => {
  const store = await newStore();
  const files = new Map([['a', Buffer.from('text')]]);
  const tar = await collect(writeLayerTar(entriesOf(files), contentsOf(Object.fromEntries(files))));
  const { digest, size } = await store.blobs.put([tar]);
  const descriptor = { mediaType: MEDIA.ociLayer, digest, size };
  const layer = {
    ...layerOf(files),
    origin: { diffId: digest, descriptor, open: () => chunksOf(tar) },
  };
  const { signal } = new AbortController();
  const runners = new PackRunners(signal);
  onTestFinished(() => runners.close());
  const how = { store, compressor: gzip(), epoch: undefined, runners, signal, events };
  expect(await exportLayer({ ...how, force: false }, layer)).toEqual({
    diffId: digest,
    descriptor,
  });
  const forced = await exportLayer({ ...how, force: true }, layer);
  expect([forced.diffId, forced.descriptor.mediaType]).toEqual([digest, MEDIA.ociLayerGzip]);
  expect(gunzipSync(await collect(store.blobs.open(forced.descriptor.digest))).equals(tar)).toBe(
    true,
  );
  const kept = await exportLayer({ ...how, compressor: UNCOMPRESSED, force: true }, layer);
  expect(kept).toEqual({ diffId: digest, descriptor });
});
