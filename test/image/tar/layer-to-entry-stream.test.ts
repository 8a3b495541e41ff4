import { expect, test } from 'vitest';
import type { Entry } from '../../../image/entry.ts';
import { decodeEntryStream } from '../../../image/entry-stream.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import { layerToEntryStream } from '../../../image/tar/layer-to-entry-stream.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { dir } from '../../support/entries.ts';
import { archive, member } from '../../support/raw-tar.ts';

const impliedDirectory = (path: string): Entry => dir(path, { mode: 0o700 });

async function streamed(tar: Buffer): Promise<string[]> {
  const stream = layerToEntryStream(chunksOf(tar), { impliedDirectory });
  const found: string[] = [];
  for await (const { entry, chunks } of decodeEntryStream(stream)) {
    const text = (await collect(chunks)).toString();
    found.push(`${entry.type} ${entry.mode.toString(8)} ${entry.path}${text && ` = ${text}`}`);
  }
  return found;
}

test('entries come in the order of the archive, the directories that it implies before them', async () => {
  const tar = archive(
    member({ name: 'b/c/f', content: 'one' }),
    member({ name: 'b/', type: '5' }),
    member({ name: 'b/c/f', content: 'two' }),
    member({ name: 'b/g', type: '1', link: 'b/c/f' }),
    member({ name: 'b/g', type: '1', link: 'b/g' }),
    member({ name: 'a', content: 'x' }),
  );
  expect(await streamed(tar)).toEqual([
    'dir 700 b',
    'dir 700 b/c',
    'file 644 b/c/f = one',
    'dir 644 b',
    'file 644 b/c/f = two',
    'hardlink 644 b/g',
    'file 644 a = x',
  ]);
});

test('removals come last, and remove nothing that the layer brings', async () => {
  const tar = archive(
    member({ name: '.wh.gone' }),
    member({ name: 'd/.wh..wh..opq' }),
    member({ name: 'd/f' }),
    member({ name: '.wh.e' }),
    member({ name: 'e/f' }),
    member({ name: '.wh.f' }),
    member({ name: 'f' }),
    member({ name: 'below/.wh.x' }),
    member({ name: 'clear/.wh..wh..opq' }),
  );
  expect(await streamed(tar)).toEqual([
    'dir 700 d',
    'file 644 d/f',
    'dir 700 e',
    'file 644 e/f',
    'file 644 f',
    'dir 700 clear',
    'dir 700 below',
    'whiteout 0 below/x',
    'opaque 0 clear',
    'opaque 0 d',
    'opaque 0 e',
    'whiteout 0 gone',
  ]);
});

test('large contents pass through, whatever the chunks', async () => {
  const large = 'x'.repeat(1_500_000);
  const tar = archive(member({ name: 'a', content: large }), member({ name: 'b', content: 'y' }));
  expect(await streamed(tar)).toEqual([`file 644 a = ${large}`, 'file 644 b = y']);
});

test('a layer that contradicts itself is refused here as it is by the index', async () => {
  const tar = archive(
    member({ name: 'l', type: '2', link: '/etc' }),
    member({ name: 'l/passwd', content: 'x' }),
  );
  const refusal = expect.objectContaining({
    code: 'E_LAYER_INVALID',
    message: 'the layer has "l/passwd" below "l", which is not a directory',
  });
  await expect(streamed(tar)).rejects.toThrowError(refusal);
  await expect(indexLayer(chunksOf(tar))).rejects.toThrowError(refusal);
});
