import { expect, test } from 'vitest';
import { type CacheRecord, digestKey, recordStore } from '../../cache/records.ts';
import { sha256 } from '../../core/digest.ts';
import { memoryTable } from '../support/memory-table.ts';

const RECORD: CacheRecord = {
  key: sha256('key'),
  kind: 'run',
  step: 'RUN true',
  parts: [['op', 'run']],
  tree: sha256('tree'),
  layers: [sha256('layer')],
  created: 1,
  used: 2,
  ms: 3,
};

test('a record comes back as it was put', () => {
  const records = recordStore(memoryTable(), memoryTable());
  records.put(RECORD);
  expect(records.get(RECORD.key)).toEqual(RECORD);
});

test('a record of an earlier form, which names lists of layers that are read no more, counts as absent', () => {
  const table = memoryTable();
  table.put(digestKey(RECORD.key), Buffer.from(JSON.stringify(RECORD)));
  const records = recordStore(table, memoryTable());
  expect(records.get(RECORD.key)).toBeUndefined();
  expect([...records.list()]).toEqual([]);
});
