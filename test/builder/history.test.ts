import { expect, test } from 'vitest';
import type { BuildRecord } from '../../builder/history/build-record.ts';
import { KEPT_BUILDS, keepBuild, listBuilds } from '../../builder/history/history-store.ts';
import { tmpDir } from '../support/tmp.ts';

const idOf = (i: number): string => `20260101-${String(i).padStart(6, '0')}-abcdef`;

function build(i: number): BuildRecord {
  const told = { dockerfile: 'Dockerfile', context: '/c', target: '', args: [], steps: [] };
  return { format: 1, id: idOf(i), started: i, ms: 1, ok: true, ...told };
}

test('the newest hundred builds are kept, whatever the order they are written in', () => {
  const home = tmpDir();
  const count = KEPT_BUILDS + 3;
  for (let i = count; i > 0; i -= 2) keepBuild(home, build(i));
  for (let i = count - 1; i > 0; i -= 2) keepBuild(home, build(i));
  const ids = [...listBuilds(home)].map(({ id }) => id);
  expect(KEPT_BUILDS).toBe(100);
  expect(ids).toEqual(Array.from({ length: KEPT_BUILDS }, (_, i) => idOf(count - i)));
});
