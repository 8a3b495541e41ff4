// Layers of some thousand files, whose list is of several chunks and whose tar of several blocks, and their export.

import { onTestFinished } from 'vitest';
import { withPackRunners } from '../../builder/exec/pack-runners.ts';
import { type ExportedLayer, exportLayer } from '../../builder/export/layer-blob.ts';
import type { SnapshotLayer } from '../../builder/snapshot.ts';
import { openStore, type Store } from '../../cache/store.ts';
import { sha256 } from '../../core/digest.ts';
import type { Compressor } from '../../image/compress/compressor.ts';
import { gzip } from '../../image/compress/gzip.ts';
import { UNCOMPRESSED } from '../../image/compress/uncompressed.ts';
import type { Entry } from '../../image/entry.ts';
import { layerId } from '../../image/layer-list.ts';
import { contentsOf } from './contents.ts';
import { file, listOf } from './entries.ts';
import type { SeededRandom } from './seed.ts';
import { tmpDir } from './tmp.ts';

export async function newStore(): Promise<Store> {
  const store = await openStore(tmpDir());
  onTestFinished(() => store.close());
  return store;
}

/** 3,000 files, 5 MB, two of them large. */
export function someFiles(random: SeededRandom): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let i = 0; i < 3_000; i++)
    files.set(nameOf(i), Buffer.alloc(random.int(2_000), `${i} ${random.int(1e9)}\n`));
  files.set(nameOf(700), Buffer.alloc(1_500_000, 'large'));
  return files.set(nameOf(1_300), Buffer.alloc(300_000, 'larger'));
}

export function nameOf(number: number): string {
  return `f${String(number).padStart(4, '0')}`;
}

export interface ReadLayer extends SnapshotLayer {
  /** The files whose content was asked for. */
  readonly asked: string[];
}

export function entriesOf(files: ReadonlyMap<string, Buffer>, mtime = 0n): Entry[] {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => file(path, '', { size: bytes.length, digest: sha256(bytes), mtime }));
}

export function layerOf(files: ReadonlyMap<string, Buffer>, mtime = 0n): ReadLayer {
  const entries = entriesOf(files, mtime);
  const contents = contentsOf(Object.fromEntries(files));
  const asked: string[] = [];
  return {
    id: layerId(entries),
    origin: undefined,
    hardLinks: () => [],
    entries: () => listOf(entries),
    contents: {
      read(wanted) {
        asked.push(...wanted.map(({ path }) => path));
        return contents.read(wanted);
      },
    },
    asked,
  };
}

export const COMPRESSORS: readonly Compressor[] = [gzip(), UNCOMPRESSED];

export function exported(
  store: Store,
  layer: SnapshotLayer,
  compressor: Compressor = gzip(),
  epoch?: number,
): Promise<ExportedLayer> {
  const { signal } = new AbortController();
  return withPackRunners(signal, (runners) =>
    exportLayer(
      { store, compressor, force: false, epoch, runners, signal, events: () => {} },
      layer,
    ),
  );
}
