// The zeros of a tar: behind a member up to the next block, and at its end.

import { BLOCK } from './header.ts';

/** Two blocks: what ends a tar. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** What follows a member of `size` bytes. */
export function padding(size: number): Buffer {
  return TAR_END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}
