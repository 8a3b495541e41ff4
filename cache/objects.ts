// Small content-addressed objects: directory objects and entry lists of layers, in the database.
// Everything is checked against its name when it is read; what fails the check counts as absent and
// is removed, so that the op that made it runs again and heals the store.

import { type Digest, sha256 } from '../core/digest.ts';
import type { Table } from './database.ts';
import { digestKey } from './records.ts';

export interface DiskObjects {
  get(digest: Digest): Uint8Array | undefined;
  /** Queues the bytes under their digest and returns it; bytes that are there already cost one look-up. */
  put(bytes: Uint8Array): Digest;
  /** True where it is there, checked or not. */
  has(digest: Digest): boolean;
  /** Waits where much is queued: who puts many objects must ask at times. */
  settled(): Promise<void>;
  delete(digest: Digest): void;
  list(): Iterable<{ readonly digest: Digest; readonly size: number }>;
}

/** Objects over one table. */
export function diskObjects(table: Table): DiskObjects {
  return {
    get(digest) {
      const bytes = table.get(digestKey(digest));
      if (bytes !== undefined && sha256(bytes) === digest) return bytes;
      // `put` leaves alone what is there.
      if (table.has(digestKey(digest))) table.delete(digestKey(digest));
      return undefined;
    },
    put(bytes) {
      const digest = sha256(bytes);
      const key = digestKey(digest);
      if (!table.has(key)) table.put(key, bytes);
      return digest;
    },
    has: (digest) => table.has(digestKey(digest)),
    settled: () => table.settled(),
    delete: (digest) => table.delete(digestKey(digest)),
    *list() {
      for (const { key, value } of table.entries()) {
        yield {
          digest: `sha256:${Buffer.from(key).toString('hex')}` as Digest,
          size: value.byteLength,
        };
      }
    },
  };
}
