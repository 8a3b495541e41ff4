import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ContextModes } from '../../../builder/context/context-modes.ts';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { ignoreRules } from '../../../builder/context/ignore.ts';
import type { Table } from '../../../cache/database.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { seededRandom } from '../../support/seed.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const ROOT = { path: '', isDirectory: true };
const OLD = 1_000_000_000;

let root: string;
beforeEach(() => {
  root = tmpDir();
  // What was just written counts as settled.
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 60_000);
});
afterEach(() => void vi.useRealTimers());

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
  utimesSync(join(root, path), OLD, OLD);
}

/** What a new build sees: a source of its own that knows only what the table remembers. */
async function seenWith(table: Table, modes: ContextModes = 'keep', ignored: string[] = []) {
  const source = directorySource({
    spool: tmpSpool(),
    name: 'it',
    root,
    rules: ignoreRules(ignored),
    modes,
    digests: table,
    onSkipped: () => {},
  });
  return { identity: await source.identity(ROOT), entries: await source.walk(ROOT) };
}

/** Looks with what is remembered, and compares with what there is to see. */
async function expectTrue(table: Table, modes?: ContextModes, ignored?: string[]) {
  const seen = await seenWith(table, modes, ignored);
  expect(seen).toEqual(await seenWith(memoryTable(), modes, ignored));
  return seen.identity;
}

/** Time for the file system's clock to go on: the build's own is ahead here, and would let anything be remembered. */
const clockTick = () => setTimeout(15);

/** A table that counts what is written to it. */
function countingTable() {
  const table = memoryTable();
  let puts = 0;
  const put = (key: Uint8Array, value: Uint8Array): void => {
    puts++;
    table.put(key, value);
  };
  return { table: { ...table, put }, puts: () => puts };
}

const CHANGES: Readonly<Record<string, () => void>> = {
  'a file replaced by another of the same size and time': () => {
    write('d/new', 'AAAA');
    renameSync(join(root, 'd/new'), join(root, 'd/a'));
  },
  'a file written in place, its time put back': () => write('d/a', 'AAAA'),
  'two files that change places': () => {
    renameSync(join(root, 'd/a'), join(root, 'd/x'));
    renameSync(join(root, 'd/b'), join(root, 'd/a'));
    renameSync(join(root, 'd/x'), join(root, 'd/b'));
  },
  'a file with another name': () => renameSync(join(root, 'd/a'), join(root, 'd/z')),
  'a file with another mode': () => chmodSync(join(root, 'd/a'), 0o755),
  'a file that is gone': () => rmSync(join(root, 'd/a')),
  'a file that is new': () => write('d/new', ''),
  'a file that became a link': () => {
    rmSync(join(root, 'd/a'));
    symlinkSync('b', join(root, 'd/a'));
  },
  'a link that leads elsewhere': () => {
    rmSync(join(root, 'd/link'));
    symlinkSync('b', join(root, 'd/link'));
  },
  'a file that became a name of another': () => {
    rmSync(join(root, 'd/a'));
    linkSync(join(root, 'd/b'), join(root, 'd/a'));
  },
  'a folder with another mode': () => chmodSync(join(root, 'd'), 0o700),
  'a folder that is new and empty': () => mkdirSync(join(root, 'd/e')),
  'another folder in its place, with files of the same names and sizes': () => {
    renameSync(join(root, 'd'), join(root, '..', `${root.split('/').at(-1)}-away`));
    mkdirSync(join(root, 'd'));
    write('d/a', 'AAAA');
    write('d/b', 'BBBB');
    symlinkSync('a', join(root, 'd/link'));
  },
};

test.each(Object.keys(CHANGES))('%s is seen', async (name) => {
  const table = memoryTable();
  mkdirSync(join(root, 'd'), { mode: 0o755 });
  write('d/a', 'aaaa');
  write('d/b', 'bbbb');
  symlinkSync('a', join(root, 'd/link'));
  const before = await expectTrue(table);
  expect(await expectTrue(table)).toBe(before);
  await clockTick();
  CHANGES[name]?.();
  expect(await expectTrue(table)).not.toBe(before);
});

test('an ignored file that is added or changed is not', async () => {
  const { table, puts } = countingTable();
  write('a', 'aaaa');
  const before = await expectTrue(table, 'keep', ['*.log']);
  const written = puts();
  write('b.log', 'b');
  expect(await expectTrue(table, 'keep', ['*.log'])).toBe(before);
  expect(puts()).toBe(written);
  expect(await expectTrue(table)).not.toBe(before);
});

test('what was remembered with one kind of modes is not taken for the other', async () => {
  const table = memoryTable();
  write('a', 'aaaa');
  chmodSync(join(root, 'a'), 0o600);
  const kept = await expectTrue(table, 'keep');
  expect(await expectTrue(table, 'git')).not.toBe(kept);
  expect(await expectTrue(table, 'keep')).toBe(kept);
});

test('a file of which the clock may not tell another write is read again, the others are not', async () => {
  const { table, puts } = countingTable();
  write('a', 'aaaa');
  write('b', 'bbbb');
  vi.setSystemTime(statSync(join(root, 'a')).ctimeMs + 500);
  await expectTrue(table);
  // Nothing is remembered of them: what the record says of contents is wrong, and nobody asks it.
  for (const { value } of table.entries())
    expect(Buffer.from(value.subarray(0, 36 + 64)).toString('hex')).toMatch(/^0{64}02000000(00)+$/);
  expect(puts()).toBe(1);
  vi.setSystemTime(Date.now() + 60_000);
  await expectTrue(table);
  expect(puts()).toBe(2);
  await expectTrue(table);
  expect(puts()).toBe(2);
});

test('a folder of which only a part is taken keeps its record', async () => {
  const { table, puts } = countingTable();
  write('a', 'aaaa');
  write('b', 'bbbb');
  await expectTrue(table);
  const source = directorySource({
    spool: tmpSpool(),
    name: 'it',
    root,
    rules: ignoreRules([]),
    digests: table,
    onSkipped: () => {},
  });
  const part = await source.walk(ROOT, (path) => path === 'a');
  expect([...part].map(({ path }) => path)).toEqual(['', 'a']);
  const written = puts();
  await expectTrue(table);
  expect(puts()).toBe(written);
});

test('a record that is cut short, or of another kind, is made anew', async () => {
  const table = memoryTable();
  write('a', 'aaaa');
  const before = await expectTrue(table);
  for (const length of [0, 3, 35, 36, 40, 70, 100]) {
    for (const { key, value } of [...table.entries()]) table.put(key, value.subarray(0, length));
    expect(await expectTrue(table)).toBe(before);
  }
});

test('names that are no UTF-8 are told apart', async () => {
  const table = memoryTable();
  const named = (byte: number) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from([byte])]);
  writeFileSync(named(0xfe), 'one');
  const before = await expectTrue(table);
  renameSync(named(0xfe), named(0xff));
  expect(await expectTrue(table)).not.toBe(before);
});

test('random edits: what is remembered never shows', async () => {
  const random = seededRandom('folder records');
  const table = memoryTable();
  for (const folder of ['', 'd', 'd/e', 'f']) mkdirSync(join(root, folder), { recursive: true });
  for (let round = 0; round < 60; round++) {
    await clockTick();
    for (let edits = random.int(4); edits >= 0; edits--) edit(random);
    await expectTrue(table);
  }
});

function edit(random: ReturnType<typeof seededRandom>): void {
  const pick = <T>(list: readonly [T, ...T[]]): T => list[random.int(list.length)] ?? list[0];
  const path = () => join(pick(['', 'd', 'd/e', 'f']), pick(['a', 'b', 'c', 'g']));
  const [one, two] = [join(root, path()), join(root, path())];
  const there = statSync(one, { throwIfNoEntry: false }) !== undefined;
  const kind = random.int(5);
  if (kind <= 1) {
    writeFileSync(one, pick(['x', 'y', 'z']));
    utimesSync(one, OLD, OLD);
  } else if (there && kind === 2) chmodSync(one, pick([0o644, 0o755, 0o4755]));
  else if (there && one !== two && kind === 3) renameSync(one, two);
  else if (there && one !== two) {
    rmSync(two, { force: true });
    linkSync(one, two);
  }
}
