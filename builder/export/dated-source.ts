// The file system of an image as `type=local` and `type=tar` give it out under SOURCE_DATE_EPOCH: every
// time is the epoch's, older ones too, as in the reference. Layers of images are cut to it instead.

import { changedEntries } from '../../image/changed-entries.ts';
import type { CopySource } from '../copy/source.ts';

/** Returns `source` with `epoch` (seconds) for the time of everything in it; without one, as it is. */
export function datedSource(source: CopySource, epoch: number | undefined): CopySource {
  if (epoch === undefined) return source;
  const mtime = BigInt(epoch) * 1_000_000_000n;
  return {
    ...source,
    async walk(node, keep) {
      return changedEntries(await source.walk(node, keep), (entry) => ({ ...entry, mtime }));
    },
  };
}
