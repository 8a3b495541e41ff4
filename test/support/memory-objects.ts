// A store of objects in memory that counts what is asked of it.

import { type Digest, sha256 } from '../../core/digest.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';

export interface MemoryObjects extends ObjectStore {
  readonly objects: Map<Digest, Uint8Array>;
  /** How many times `get` was called. */
  reads(): number;
}

export function memoryObjects(): MemoryObjects {
  const objects = new Map<Digest, Uint8Array>();
  let reads = 0;
  return {
    objects,
    reads: () => reads,
    get(digest) {
      reads++;
      return objects.get(digest);
    },
    put(bytes) {
      const digest = sha256(bytes);
      objects.set(digest, bytes);
      return digest;
    },
  };
}
