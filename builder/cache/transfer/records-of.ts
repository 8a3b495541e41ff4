// Which records a build used, or made an image: what an export of one project takes.

import type { CacheRecord } from '../../../cache/records.ts';
import type { Store } from '../../../cache/store.ts';
import { openLocalStore } from '../../../image/local-store.ts';
import type { Platform } from '../../../image/model.ts';
import { findAnyLayerBlob } from '../../export/layer-blob-record.ts';
import { findBuild } from '../../history/find-build.ts';

export type RecordTest = (record: Pick<CacheRecord, 'key' | 'layers'>) => boolean;

/** The records of the steps of a kept build, all stages. Throws E_BUILD_NOT_FOUND. */
export function recordsOfBuild({ home }: Pick<Store, 'home'>, word: string): RecordTest {
  const keys = new Set(findBuild(home, word).steps.map(({ key }) => key));
  return ({ key }) => keys.has(key);
}

/** The records that made layers of an image of the local store; not those of stages that it only copies from. Throws E_IMAGE_NOT_FOUND. */
export async function recordsOfImage(
  store: Store,
  name: string,
  platform: Platform,
): Promise<RecordTest> {
  const { config } = await openLocalStore(store.ociDir, store.blobs).resolve(name, platform);
  const diffIds = new Set(config.rootfs.diff_ids);
  const own = new Set<string>();
  for (const { layers } of store.records.list()) {
    for (const id of layers) {
      const blob = await findAnyLayerBlob(store, id);
      if (blob !== undefined && diffIds.has(blob.diffId)) own.add(id);
    }
  }
  return ({ layers }) => layers.some((id) => own.has(id));
}
