// A table in memory, for tests of what is built on tables.

import type { Table } from '../../cache/database.ts';

/** An empty table. */
export function memoryTable(): Table {
  const values = new Map<string, Uint8Array>();
  const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
  return {
    get: (key) => values.get(text(key)),
    has: (key) => values.has(text(key)),
    put: (key, value) => void values.set(text(key), value),
    delete: (key) => void values.delete(text(key)),
    settled: async () => {},
    *entries() {
      for (const [key, value] of values) yield { key: Buffer.from(key, 'latin1'), value };
    },
  };
}
