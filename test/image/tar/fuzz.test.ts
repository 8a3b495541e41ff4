import { expect, test } from 'vitest';
import { isBuildError } from '../../../core/errors.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import { layerToEntryStream } from '../../../image/tar/layer-to-entry-stream.ts';
import { writeLayerTar } from '../../../image/tar/writer.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { chunksOf, collect, contentsOf } from '../../support/contents.ts';
import { dir, file, hardlink, opaque, symlink, whiteout } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { archive, GNU, member, pax } from '../../support/raw-tar.ts';
import { seededRandom } from '../../support/seed.ts';

const ROUNDS = 3000;
/** No component is empty, `.` or `..`. */
const INSIDE = /^$|^(?!\.{0,2}(\/|$))[^/]+(\/(?!\.{0,2}(\/|$))[^/]+)*$/;

async function samples(): Promise<Buffer[]> {
  const entries = sortEntries([
    dir('d', { xattrs: { 'user.a': 'AAA=' } }),
    opaque('d'),
    file('d/a'),
    hardlink('d/b', 'd/a'),
    symlink('l', '../x'),
    file('ü'.repeat(90)),
    whiteout('w'),
  ]);
  return [
    await collect(writeLayerTar(entries, contentsOf())),
    archive(
      member({ name: '././@LongLink', type: 'L', content: `${'n/'.repeat(80)}f\0`, magic: GNU }),
      member({ name: 'n', content: 'x'.repeat(600), magic: GNU }),
      pax({ path: 'p/q', size: '3', mtime: '1.5', 'SCHILY.xattr.user.x': 'y' }),
      member({ name: 'q', content: 'abc' }),
      member({ name: 'dev', type: '3' }),
      member({ name: '.wh.gone' }),
    ),
  ];
}

/** Most changes are made where they matter: the header fields, with its checksum made right again. */
function mutate(tar: Buffer, int: (below: number) => number): Buffer {
  const bytes = Buffer.from(tar);
  for (let left = 1 + int(3); left > 0; left--) {
    const block = 512 * int(bytes.length / 512);
    const at = block + int(512);
    switch (int(6)) {
      case 0:
        bytes[at] = int(256);
        break;
      case 1:
        bytes[block + 156] = '0123456789gxLKSVMDX'.charCodeAt(int(19));
        break;
      case 2:
        bytes.write(int(2 ** 31).toString(8), block + 124, 'latin1');
        break;
      case 3:
        bytes.write('../.wh.0\0'.slice(int(9)), block + int(120), 'latin1');
        break;
      case 4:
        bytes.copy(bytes, block, 512 * int(bytes.length / 512), bytes.length);
        break;
      default:
        bytes[at] = '0123456789= \n/.'.charCodeAt(int(15));
    }
    repairChecksum(bytes.subarray(block, block + 512));
  }
  return int(8) === 0 ? bytes.subarray(0, int(bytes.length)) : bytes;
}

function repairChecksum(block: Buffer): void {
  if (block[257] !== 0x75) return;
  block.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

test('a damaged tar is read or refused, never anything else, and what is read stays inside', {
  timeout: 60_000,
}, async () => {
  const { int } = seededRandom('tar fuzz');
  const tars = await samples();
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const tar = mutate(tars[round % tars.length] ?? Buffer.alloc(0), int);
    try {
      const { entries } = await indexLayer(chunksOf(tar));
      for (const { path } of entries) expect(path).toMatch(INSIDE);
      const objects = memoryObjects();
      applyLayer(objects, emptyTree(objects), entries);
      await collect(layerToEntryStream(chunksOf(tar), { impliedDirectory: (path) => dir(path) }));
      outcomes.read++;
    } catch (error) {
      if (!isBuildError(error)) throw error;
      outcomes.refused++;
    }
  }
  expect(outcomes.read).toBeGreaterThan(ROUNDS / 50);
  expect(outcomes.refused).toBeGreaterThan(ROUNDS / 4);
});
