// The directories that every container has its own file systems on. Where the image lacks them they
// stay behind in the layer of the step, as runc leaves them: a later stage may copy or count on them.

import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { END_OF_ENTRIES, encodeEntryHeader } from '../../image/entry-stream.ts';
import { readRoot } from '../../image/tree/directory.ts';
import { lookup } from '../../image/tree/lookup.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { extractInto } from './layer-transfer.ts';
import type { Isolation } from './runner.ts';

const FOLDERS = ['dev', 'proc', 'sys'];

/** Makes those that `tree` lacks in the empty folder `upper`. */
export async function makeSandboxFolders(
  isolation: Isolation,
  objects: ObjectStore,
  tree: Digest,
  upper: string,
): Promise<void> {
  const missing = FOLDERS.filter((path) => !lookup(objects, tree, path, { follow: 'parent' }));
  if (missing.length === 0) return;
  const mtime = BigInt(Date.now()) * 1_000_000n;
  const made = { type: 'dir', mtime, size: 0 } as const;
  const { mode, uid, gid } = readRoot(objects, tree);
  await extractInto(
    isolation,
    upper,
    stream([
      { ...made, path: '', mode, uid, gid },
      ...missing.map((path) => ({ ...made, path, mode: 0o755, uid: 0, gid: 0 })),
    ]),
  );
}

async function* stream(entries: readonly Entry[]): AsyncIterable<Uint8Array> {
  for (const entry of entries) yield encodeEntryHeader(entry);
  yield END_OF_ENTRIES;
}
