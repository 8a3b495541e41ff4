// A folder that is copied by itself is not put in entry by entry. What comes of it is what comes of putting in each: with an
// --exclude that keeps out nothing, each is.

import { linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { NO_RULES } from '../../../builder/context/ignore.ts';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import { copyOp } from '../../../builder/ops/copy.ts';
import type { CopySpec } from '../../../builder/plan/graph.ts';
import type { Digest } from '../../../core/digest.ts';
import { isBuildError } from '../../../core/errors.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { dir, file, symlink } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { type SeededRandom, seededRandom } from '../../support/seed.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const objects = memoryObjects();
const NAMES = ['a', 'b', 'a.b', 'c'];

/** Some folders with files, links and second names in them, in times that differ. */
function randomContext(random: SeededRandom): string {
  const root = tmpDir();
  const files: string[] = [];
  const fill = (folder: string, depth: number): void => {
    mkdirSync(folder, { recursive: true });
    for (const name of NAMES) {
      const path = join(folder, name);
      const kind = random.int(depth > 2 ? 5 : 7);
      const first = files[0];
      if (kind === 0) continue;
      if (kind === 1) symlinkSync('elsewhere', path);
      else if (kind === 2 && first !== undefined) linkSync(first, path);
      else if (kind < 5) {
        writeFileSync(path, name);
        files.push(path);
        utimesSync(path, 1_600_000_000 + random.int(9), 1_600_000_000 + random.int(9));
      } else fill(path, depth + 1);
    }
    utimesSync(folder, 1_500_000_000, 1_500_000_000 + random.int(9));
  };
  for (const name of ['s', 't', 'empty']) mkdirSync(join(root, name));
  fill(join(root, 's'), 0);
  fill(join(root, 't'), 0);
  return root;
}

/** An image in which some of what is copied is there already, as something else at times. */
function randomTree(random: SeededRandom): Digest {
  const entries: Entry[] = [];
  for (let i = random.int(6); i > 0; i--) {
    const path = ['d', ...NAMES.slice(0, random.int(3))].join('/');
    entries.push(
      random.int(5) > 0 ? dir(path) : random.int(2) > 0 ? file(path) : symlink(path, '/d'),
    );
  }
  try {
    return applyLayer(objects, emptyTree(objects), sortEntries(entries));
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return emptyTree(objects);
  }
}

/** The entries that a COPY makes and the parts of its key that tell what it has seen; or its error. */
async function copied(root: string, tree: Digest, more: Partial<CopySpec>): Promise<unknown> {
  const spool = tmpSpool();
  const options = { name: 'the build context', root, rules: NO_RULES, digests: memoryTable() };
  const from = directorySource({ ...options, spool, onSkipped: () => {} });
  const image = treeSource(objects, 'the image', { tree, layers: [] });
  const spec: CopySpec = {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from: { kind: 'context', name: undefined },
    sources: ['s'],
    inline: [],
    destination: '/d',
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
    fetched: [],
    ...more,
  };
  const temporary = async () => tmpDir();
  const inputs = { objects, tree, image, from, fetched: [], spool, temporary, span: undefined };
  const op = copyOp(spec, inputs);
  try {
    const seen = (await op.keyOnAnyInput?.())?.find(([name]) => name === 'what it touches');
    const entries = [...(await op.run({ log: () => {} })).entries];
    const origins = await Promise.all(
      entries.map(async ({ path, type }) => type === 'file' && (await op.sourceOf?.(path))),
    );
    // A second time: they are made anew.
    return { seen, entries, origins, again: [...(await op.run({ log: () => {} })).entries] };
  } catch (error) {
    if (isBuildError(error)) return error.message;
    throw error;
  }
}

test('a folder that comes by itself, or with others, makes the layer that its entries make one by one', async () => {
  const random = seededRandom('whole folders');
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T;
  let copies = 0;
  for (let round = 0; round < 100; round++) {
    const root = randomContext(random);
    const tree = randomTree(random);
    const more = {
      sources: pick([['s'], ['s'], ['.'], ['s', 't'], ['empty', 's'], ['t', 's', 'empty']]),
      destination: pick(['/', '/d', '/d/', '/d/a', '/d/new/x/', '/e']),
      chown: pick([undefined, '7:8']),
      chmod: pick([undefined, 'go-w']),
      link: random.int(4) === 0,
    };
    const whole = await copied(root, tree, more);
    expect(whole).toEqual(await copied(root, tree, { ...more, exclude: ['no-such-name'] }));
    if (typeof whole !== 'string') copies++;
  }
  expect(copies).toBeGreaterThan(50);
}, 60_000);
