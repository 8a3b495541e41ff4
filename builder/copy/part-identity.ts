// What a key says of entries that were picked out of a source.

import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';

/**
 * Identifies everything of the entries but their times, as `CopySource.identity` does of a whole node. Of the
 * directory itself ('') only the time counts.
 */
export function partIdentity(entries: readonly Entry[]): Digest {
  return digestOf(
    'slipway-part/1',
    entries
      .filter(({ path }) => path !== '')
      .map(({ path, type, mode, uid, gid, size, digest, link, major, minor, xattrs }) => [
        path,
        type,
        mode,
        uid,
        gid,
        size,
        digest ?? link ?? '',
        major ?? 0,
        minor ?? 0,
        Object.entries(xattrs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
      ]),
  );
}
