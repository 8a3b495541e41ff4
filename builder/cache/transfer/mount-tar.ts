// A cache mount as a tar, and back. What is in a mount was written by steps and, in a tar, by anybody: it is read and
// written by the runner below the mount's own folder, under the rules of layers.

import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenBlob } from '../../../cache/blob-store.ts';
import { type MountFolder, whileCacheIsFree } from '../../../cache/cache-mounts.ts';
import { type MountAbout, mountName, writeAbout } from '../../../cache/mount-about.ts';
import type { Store } from '../../../cache/store.ts';
import { hexOf } from '../../../core/digest.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import type { Entry } from '../../../image/entry.ts';
import { layerToEntryStream } from '../../../image/tar/layer-to-entry-stream.ts';
import { writeLayerBlocks } from '../../../image/tar/writer.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { layerForm } from '../../exec/isolation.ts';
import { dumpFolder, extractInto, readFromFolder } from '../../exec/layer-transfer.ts';
import { withPackRunners } from '../../exec/pack-runners.ts';
import type { Isolation } from '../../exec/runner.ts';
import { packLayer } from '../../export/pack-layer.ts';

/** Writes the mount as a gzipped tar to the file at `output`, which is there. Nobody may write to it meanwhile: the caller's duty. */
export async function mountToTar(
  isolation: Isolation,
  { root, folder }: MountFolder,
  output: string,
  signal: AbortSignal,
): Promise<WrittenBlob> {
  const path = join(root, folder, layerForm(isolation));
  const entries: Entry[] = [];
  for await (const { entry } of dumpFolder(isolation, path)) entries.push(entry);
  const contents = { read: (files: readonly Entry[]) => readFromFolder(isolation, path, files) };
  const blocks = writeLayerBlocks(sortEntries(entries), contents, 'bytes');
  const { gzipLevel } = gzip();
  const how = { gzipLevel, output, known: () => undefined, signal };
  return withPackRunners(signal, (runners) =>
    runners.use((runner) => packLayer(blocks, { ...how, runner })),
  );
}

/**
 * Makes the cache mount that `about` names of a tar, compressed or not. With `replace` in place of one that is there,
 * otherwise that stays. Says what was done; `in use` is a mount that was to be replaced and that a step has.
 */
export async function mountFromTar(
  { home, lease }: Store,
  isolation: Isolation,
  about: MountAbout,
  tar: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<'made' | 'kept' | 'in use'> {
  const name = mountName(about);
  const root = join(home, 'mounts');
  const form = layerForm(isolation);
  const made = join(lease.tmp, `mount-${hexOf(name)}`);
  await mkdir(join(made, form), { recursive: true });
  await extractInto(isolation, join(made, form), layerToEntryStream(decompressLayer(tar), TAR));
  await writeAbout(made, about);
  let outcome: 'made' | 'kept' = 'made';
  const isFree = await whileCacheIsFree(root, name, async ([first]) => {
    if (first !== undefined && !replace) outcome = 'kept';
    if (outcome === 'kept') return;
    if (first !== undefined) await rename(first, `${made}.old`);
    await rename(made, join(root, hexOf(name)));
    // Its time is that of the last use: without it, the mount would be the first to go.
    await mkdir(join(root, `${hexOf(name)}.users`), { recursive: true });
  });
  return isFree ? outcome : replace ? 'in use' : 'kept';
}

/** No tar of a layer: `.wh.` is a name like any other there. */
const TAR = {
  whiteouts: false,
  impliedDirectory: (path: string): Entry => ({
    path,
    type: 'dir',
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: 0n,
    size: 0,
  }),
};
