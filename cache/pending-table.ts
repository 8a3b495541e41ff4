// One table of the database with the values that this process has queued and that are not committed yet. Every
// value carries a checksum: what the disk has changed counts as absent.

import { crc32 } from 'node:zlib';
import type { Database } from 'lmdb';

/** A `Table` of database.ts. */
export class PendingTable {
  readonly #db: Database<Uint8Array, Uint8Array>;
  readonly #described: (error: unknown) => unknown;
  /** Values that are queued and not committed yet; null is a queued removal. */
  readonly #pending = new Map<string, Uint8Array | null>();
  readonly #writes = new Set<Promise<unknown>>();
  /** What the values in `#pending` take, and those that were replaced there. */
  #pendingBytes = 0;
  #failure: unknown;

  /** `described` makes of an error of LMDB's one that people can read. */
  constructor(db: Database<Uint8Array, Uint8Array>, described: (error: unknown) => unknown) {
    this.#db = db;
    this.#described = described;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#pending.size > 0) {
      const pending = this.#pending.get(keyText(key));
      if (pending !== undefined) return pending ?? undefined;
    }
    return checked(
      key,
      this.#reading(() => this.#db.getBinary(key)),
    );
  }

  has(key: Uint8Array): boolean {
    const pending = this.#pending.size === 0 ? undefined : this.#pending.get(keyText(key));
    return pending === undefined ? this.#reading(() => this.#db.doesExist(key)) : pending !== null;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#queue(key, value, this.#db.put(key, withChecksum(key, value)));
  }

  delete(key: Uint8Array): void {
    this.#queue(key, null, this.#db.remove(key));
  }

  *entries(): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    const pairs = this.#reading(() => this.#db.getRange()[Symbol.iterator]());
    for (;;) {
      const next = this.#reading(() => pairs.next());
      if (next.done === true) return;
      const { key, value: stored } = next.value;
      const value = checked(key, stored);
      // What nobody can find by its key is of no use in a list either.
      if (value === undefined) this.delete(key);
      else yield { key, value };
    }
  }

  /** A page that is not one shows when it is read. */
  #reading<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#described(error);
    }
  }

  async settled(): Promise<void> {
    if (this.#pendingBytes > MOST_PENDING) await this.flush();
  }

  async flush(): Promise<void> {
    await Promise.all(this.#writes);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #queue(key: Uint8Array, value: Uint8Array | null, written: Promise<unknown>): void {
    // lmdb begins a batch right after this turn, with a promise that it gives to nobody: without a
    // handler, a commit that fails on a full disk would end the process.
    setImmediate(() => this.#db.committed.then(undefined, () => {}));
    const text = keyText(key);
    this.#pending.set(text, value);
    const bytes = (value?.byteLength ?? 0) + WRITE_BYTES;
    this.#pendingBytes += bytes;
    const settled = written
      .catch(async (error: unknown) => {
        const cause = await commitError(error);
        this.#failure ??= this.#described(cause);
      })
      .finally(() => {
        // A later write of the same key has put its own value there: that one removes it.
        if (this.#pending.get(text) === value) this.#pending.delete(text);
        this.#writes.delete(settled);
        this.#pendingBytes -= bytes;
      });
    this.#writes.add(settled);
  }
}

/** What may be queued before `settled` waits. */
const MOST_PENDING = 8 << 20;

/** What a write takes besides its value until it is committed: promises, buffers and keys, here and in lmdb. */
const WRITE_BYTES = 2 << 10;

const CHECKSUM_BYTES = 4;

function withChecksum(key: Uint8Array, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(value.byteLength + CHECKSUM_BYTES);
  stored.set(value);
  stored.writeUInt32LE(crc32(value, crc32(key)), value.byteLength);
  return stored;
}

/** The value without its checksum, or undefined where that is not right. */
function checked(key: Uint8Array, stored: Uint8Array | undefined): Uint8Array | undefined {
  if (stored === undefined || stored.byteLength < CHECKSUM_BYTES) return undefined;
  const end = stored.byteLength - CHECKSUM_BYTES;
  const value = stored.subarray(0, end);
  const { buffer, byteOffset } = stored;
  const checksum = new DataView(buffer, byteOffset + end, CHECKSUM_BYTES).getUint32(0, true);
  return crc32(value, crc32(key)) === checksum ? value : undefined;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** The error of a write that fell with its commit: lmdb tells why in a promise of its own, which nobody else would catch. */
function commitError(error: unknown): Promise<unknown> {
  const { commitError: why } = error as { readonly commitError?: Promise<never> };
  return why === undefined ? Promise.resolve(error) : why.catch((cause: unknown) => cause);
}
