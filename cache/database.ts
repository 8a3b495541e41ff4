// The embedded database of a store: records, directory objects and file digests, in one LMDB
// environment, so that several processes share it and a commit is all or nothing.
// Writes are batched by lmdb and become visible in the order in which they were made: a record that
// names an object is therefore never there without it. LMDB is the one package loaded here, and only
// when a store is opened.

import type { Database as LmdbDatabase, RootDatabase } from 'lmdb';

/** One table: binary keys to binary values, with this process's own unwritten values visible. */
export interface Table {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Queues a write; `Database.flush` waits for it. */
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Every pair that is committed, in key order. */
  entries(): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
}

export interface Database {
  table(name: string): Table;
  /** Waits until every write so far is committed. Throws the first failure (a full disk, say). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens (or makes) the database in the folder `path`, which must exist. */
export async function openDatabase(path: string): Promise<Database> {
  const { open } = await import('lmdb');
  const root = open({ path, maxDbs: 8, encoding: 'binary', cache: false, noSubdir: false });
  const tables = new Map<string, PendingTable>();
  return {
    table(name) {
      const known = tables.get(name);
      if (known !== undefined) return known;
      const made = new PendingTable(openTable(root, name));
      tables.set(name, made);
      return made;
    },
    async flush() {
      await Promise.all([...tables.values()].map((table) => table.flush()));
    },
    async close() {
      await Promise.all([...tables.values()].map((table) => table.flush()));
      await root.close();
    },
  };
}

function openTable(root: RootDatabase, name: string): LmdbDatabase<Uint8Array, Uint8Array> {
  return root.openDB<Uint8Array, Uint8Array>(name, {
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
  });
}

class PendingTable implements Table {
  readonly #db: LmdbDatabase<Uint8Array, Uint8Array>;
  /** Values that are queued and not committed yet; null is a queued removal. */
  readonly #pending = new Map<string, Uint8Array | null>();
  readonly #writes = new Set<Promise<unknown>>();
  #failure: unknown;

  constructor(db: LmdbDatabase<Uint8Array, Uint8Array>) {
    this.#db = db;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const pending = this.#pending.get(keyText(key));
    if (pending !== undefined) return pending ?? undefined;
    return this.#db.getBinary(key);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#queue(key, value, this.#db.put(key, value));
  }

  delete(key: Uint8Array): void {
    this.#queue(key, null, this.#db.remove(key));
  }

  *entries(): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    for (const { key, value } of this.#db.getRange()) yield { key, value };
  }

  async flush(): Promise<void> {
    await Promise.all(this.#writes);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #queue(key: Uint8Array, value: Uint8Array | null, written: Promise<unknown>): void {
    const text = keyText(key);
    this.#pending.set(text, value);
    const settled = written
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        // A later write of the same key has put its own value there: that one removes it.
        if (this.#pending.get(text) === value) this.#pending.delete(text);
        this.#writes.delete(settled);
      });
    this.#writes.add(settled);
  }
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
