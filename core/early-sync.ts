// Brings a large file to the disk while it is still being written, so that little is left to wait for at its
// end. What is whole and durable when `finish` resolves is the same as with one sync at the end.

import type { OpenFile } from './open-file.ts';

/** Small files are synced once; more often than this would only disturb the disk. */
const SYNC_BYTES = 16 << 20;

export interface EarlySync {
  /** Tells of bytes that have been written. */
  wrote(bytes: number): void;
  /** Resolves when all that was written is on the disk. Throws what any sync throws. */
  finish(): Promise<void>;
  /** Resolves when no sync uses the file any more, whether or not they succeeded. */
  settled(): Promise<void>;
}

/** Syncs `file`, which the caller writes, finishes and closes. */
export function earlySync(file: Pick<OpenFile, 'datasync' | 'sync'>): EarlySync {
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const syncOnce = async (): Promise<void> => {
    try {
      await file.datasync();
    } catch (error) {
      failure ??= { error };
    }
  };
  return {
    wrote(bytes) {
      unsynced += bytes;
      if (unsynced < SYNC_BYTES || syncing !== undefined) return;
      unsynced = 0;
      syncing = syncOnce().finally(() => {
        syncing = undefined;
      });
    },
    async finish() {
      await syncing;
      // The kernel tells of a failed write back only once.
      if (failure !== undefined) throw failure.error;
      await file.sync();
    },
    async settled() {
      await syncing;
    },
  };
}
