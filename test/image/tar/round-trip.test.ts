import { expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { nameFromBytes } from '../../../core/names.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import { writeLayerTar } from '../../../image/tar/writer.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { chunksOf, collect, contentsOf } from '../../support/contents.ts';
import {
  device,
  dir,
  fifo,
  file,
  hardlink,
  opaque,
  symlink,
  whiteout,
} from '../../support/entries.ts';

const SECOND = 1_000_000_000n;

const LONG = Array.from({ length: 30 }, (_, i) => `component-${i}`).join('/');

const EVERYTHING = sortEntries([
  dir('', { mode: 0o1777, uid: 3 }),
  dir('d', { mtime: 1_700_000_000n * SECOND }),
  opaque('d'),
  file('d/empty', ''),
  file('d/f', 'x'.repeat(1000), { mode: 0o4755, uid: 1000, gid: 1000 }),
  hardlink('d/g', 'd/f', { mode: 0o4755, uid: 1000, gid: 1000 }),
  file(LONG, LONG, { mtime: -5n * SECOND }),
  file(`${'n'.repeat(100)}/${'m'.repeat(100)}`),
  file('n'.repeat(101)),
  file('größe', 'größe'),
  file(nameFromBytes(Buffer.from([0x61, 0xff, 0x62])), 'raw'),
  file('ids', 'ids', { uid: 0xffff_fffe, gid: 2_097_152, mtime: 99_999_999_999n * SECOND }),
  file('attributes', 'attributes', {
    xattrs: {
      'security.capability': 'AQAAAgAgAAAAAAAAAAAAAAAAAAA=',
      'user.empty': '',
      'user.ü': 'Cj0K',
    },
  }),
  symlink('link', '../somewhere else'),
  symlink('long-link', LONG),
  symlink('raw-link', nameFromBytes(Buffer.from([0xff]))),
  device('tty', 'char', 5, 1_048_575),
  device('disk', 'block', 8, 0),
  fifo('pipe'),
  whiteout('gone'),
  whiteout('new/gone'),
]);

const TEXTS = {
  'd/empty': '',
  'd/f': 'x'.repeat(1000),
  [nameFromBytes(Buffer.from([0x61, 0xff, 0x62]))]: 'raw',
};

test('what is written is what is read', async () => {
  const tar = await collect(writeLayerTar(EVERYTHING, contentsOf(TEXTS)));
  const index = await indexLayer(chunksOf(tar));
  expect(index.entries).toEqual(EVERYTHING);
  expect(index.diffId).toBe(sha256(tar));
  expect(index.uncompressedSize).toBe(tar.length);
});
