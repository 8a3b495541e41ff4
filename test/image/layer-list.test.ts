// The list of a layer's entries in the store: its identity, and that it is read and found a chunk at a time.

import { describe, expect, test } from 'vitest';
import type { Entry } from '../../image/entry.ts';
import { decodeEntries, EntryEncoder } from '../../image/entry-codec.ts';
import { LayerList, layerId, writeLayerList } from '../../image/layer-list.ts';
import { sortEntries } from '../../image/tree/sort-entries.ts';
import { device, dir, file, hardlink, opaque, symlink, whiteout } from '../support/entries.ts';
import { memoryObjects } from '../support/memory-objects.ts';

const ENTRIES = sortEntries([
  dir('', { mode: 0o1777, mtime: -5n }),
  file('f', 'text', {
    mtime: 1_700_000_000_123_456_789n,
    xattrs: { 'user.b': 'AAA=', 'user.a': '' },
  }),
  hardlink('g', 'f'),
  dir('h', { uid: 0xffff_fffe, gid: 65_534 }),
  opaque('h'),
  file('h/x', 'text', { size: 2 ** 40 + 3, mtime: -1_500_000_000n }),
  file('h/\udcffé', 'text', { mtime: BigInt(2 ** 53 - 1) * 1_000_000_000n }),
  symlink('s', '../x\udcff'),
  device('tty', 'char', 5, 1),
  whiteout('w'),
]);

/** A layer of `count` files in folders of a hundred. */
function many(count: number): Entry[] {
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const folder = `d${String(Math.floor(i / 100)).padStart(4, '0')}`;
    if (i % 100 === 0) entries.push(dir(folder));
    entries.push(file(`${folder}/f${String(i % 100).padStart(2, '0')}`, `${i}`));
  }
  return entries;
}

function opened(entries: readonly Entry[]) {
  const store = memoryObjects();
  const id = writeLayerList(store, entries);
  const list = LayerList.open(store, id);
  if (list === undefined) throw new Error('not kept');
  return { store, id, list };
}

describe('the identity of a layer', () => {
  test('is pinned: this digest changes only with the format of the store', () => {
    expect(layerId(ENTRIES)).toMatchInlineSnapshot(
      `"sha256:333638d00ca29e7ffeb89d3654bbe48308ac381177c03268182869c9e8c4429e"`,
    );
    expect(layerId(many(20_000))).toMatchInlineSnapshot(
      `"sha256:898001273a54ab415c8057b82b8d5eceb40eef5e964e374d6a7ac1bed55b8ae3"`,
    );
  });

  test('comes from a form that can be read back', () => {
    expect([...opened(ENTRIES).list]).toEqual(ENTRIES);
    const encoder = new EntryEncoder();
    for (const entry of ENTRIES) encoder.add(entry);
    expect([...decodeEntries(encoder.take())]).toEqual(ENTRIES);
  });

  test('does not depend on the order of extended attributes', () => {
    const swapped = ENTRIES.map((e) =>
      e.xattrs ? { ...e, xattrs: { 'user.a': '', 'user.b': 'AAA=' } } : e,
    );
    expect(layerId(swapped)).toBe(layerId(ENTRIES));
  });

  test('is only for lists in canonical order, with digests', () => {
    expect(() => layerId([file('b'), file('a')])).toThrowError(
      'entries out of order: "b" before "a"',
    );
    const { digest: _, ...bare } = file('a');
    expect(() => layerId([bare])).toThrowError('the file "a" has no digest');
  });
});

describe('a long list', () => {
  const entries = many(20_000);

  test('is kept in chunks of at most some tens of KiB, 80 bytes a file', () => {
    const { store, list } = opened(entries);
    const sizes = list.parts.map((part) => store.objects.get(part)?.byteLength ?? 0);
    expect(Math.max(...sizes)).toBeLessThan(65 << 10);
    expect(sizes.length).toBeGreaterThan(20);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(80 * entries.length);
    expect(list.length).toBe(entries.length);
  });

  test('goes on behind any number of entries, reading nothing of what is before their chunk', () => {
    const { store, list } = opened(entries);
    const [first, second] = list.chunks.map(({ count }) => count);
    expect(list.chunks.reduce((sum, { count }) => sum + count, 0)).toBe(entries.length);
    for (const count of [
      0,
      1,
      first ?? 0,
      (first ?? 0) + 1,
      (first ?? 0) + (second ?? 0) - 1,
      entries.length - 1,
    ])
      expect([...list.after(count)]).toEqual(entries.slice(count));
    for (const part of list.parts.slice(0, -1)) store.objects.delete(part);
    expect([...list.after(entries.length - 1)]).toEqual(entries.slice(entries.length - 1));
    expect([...list.after(entries.length)]).toEqual([]);
  });

  test('finds a path without reading the rest', () => {
    const { store, list } = opened(entries);
    const before = store.reads();
    for (const path of ['d0000', 'd0100/f50', 'd0100/f51', 'd0199/f99'])
      expect(list.find(path)).toEqual(entries.find((entry) => entry.path === path));
    for (const path of ['', 'a', 'd0100/f5', 'd0100/f500', 'd0199/f99/x', 'z'])
      expect(list.find(path)).toBeUndefined();
    expect(store.reads() - before).toBeLessThan(8);
  });

  test('finds a directory that has an opaque mark, wherever chunks end', () => {
    const marked = Array.from({ length: 5_000 }, (_, i) => {
      const path = `d${String(i).padStart(4, '0')}`;
      return [dir(path), opaque(path)];
    }).flat();
    const { list } = opened(marked);
    for (const entry of marked) expect(list.find(entry.path)?.type).toBe('dir');
  });

  test('shares with one that differs in an entry all chunks but that one', () => {
    const { store } = opened(entries);
    const kept = store.objects.size;
    const changed = entries.map((e) => (e.path === 'd0100/f50' ? file(e.path, 'changed') : e));
    writeLayerList(store, changed.toSpliced(500, 1));
    expect(store.objects.size - kept).toBeLessThan(6);
  });

  test('that has lost a part says so', () => {
    const { store, list } = opened(entries);
    for (const part of list.parts.slice(3, 4)) store.objects.delete(part);
    expect(() => [...list]).toThrowError('the store has lost a part of a layer');
  });
});
