// What trees need of a store: small immutable objects under the sha256 of their bytes. Both calls are
// synchronous, since the store is an embedded database and a walk makes thousands of them.

import type { Digest } from '../../core/digest.ts';

export interface ObjectStore {
  /** The bytes with that digest, checked against it; undefined where the store has none. */
  get(digest: Digest): Uint8Array | undefined;
  /** Keeps the bytes and returns their digest. A `get` that follows finds them, even where the write to disk is batched. */
  put(bytes: Uint8Array): Digest;
}
