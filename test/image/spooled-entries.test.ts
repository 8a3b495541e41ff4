import { expect, test } from 'vitest';
import { SpooledEntries } from '../../image/spooled-entries.ts';
import { dir, file, opaque } from '../support/entries.ts';
import { tmpSpool } from '../support/spool.ts';

test('entries come back in their order, each time, however many stay in memory', () => {
  const entries = Array.from({ length: 3_000 }, (_, i) => {
    const path = `d${String(i).padStart(4, '0')}`;
    return [dir(path), opaque(path), file(`${path}/f`)];
  }).flat();
  for (const most of [0, 1, 1_000, 100_000]) {
    const spooled = new SpooledEntries(tmpSpool(), most);
    for (const entry of entries) spooled.add(entry);
    expect([...spooled]).toEqual(entries);
    expect([...spooled]).toEqual(entries);
  }
});
