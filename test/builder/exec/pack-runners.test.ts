// Runners that make one layer after another: how many there are, and what becomes of one that failed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type PackRunner, PackRunners } from '../../../builder/exec/pack-runners.ts';
import { packLayer } from '../../../builder/export/pack-layer.ts';
import { sha256 } from '../../../core/digest.ts';
import type { Block } from '../../../image/stream/block-cutter.ts';
import { tmpDir } from '../../support/tmp.ts';

function newRunners(signal = new AbortController().signal): PackRunners {
  const runners = new PackRunners(signal);
  onTestFinished(() => runners.close());
  return runners;
}

async function diffIdOf(runner: PackRunner, blocks: AsyncIterable<Block>): Promise<string> {
  const output = join(tmpDir(), 'blob');
  writeFileSync(output, '');
  const { signal } = new AbortController();
  const how = { gzipLevel: 2, output, known: () => undefined, runner, signal };
  return (await packLayer(blocks, how)).diffId;
}

async function* blocksOf(text: string): AsyncGenerator<Block> {
  yield { parts: [Buffer.from(text)], identity: undefined };
}

async function* unreadable(): AsyncGenerator<Block> {
  yield* blocksOf('the beginning');
  throw new Error('the rest cannot be read');
}

test('three are at work at once, and each makes one layer after another', async () => {
  const runners = newRunners();
  const used = new Set<PackRunner>();
  let [atWork, most] = [0, 0];
  const texts = Array.from({ length: 20 }, (_, i) => `layer ${i}`);
  const made = texts.map((text) =>
    runners.use(async (runner) => {
      used.add(runner);
      most = Math.max(most, ++atWork);
      const diffId = await diffIdOf(runner, blocksOf(text));
      atWork--;
      return diffId;
    }),
  );
  expect(await Promise.all(made)).toEqual(texts.map(sha256));
  expect([most, used.size]).toEqual([3, 3]);
});

test('one whose layer could not be described is not used again', async () => {
  const runners = newRunners();
  const failed = runners.use((runner) => diffIdOf(runner, unreadable()));
  await expect(failed).rejects.toThrowError('the rest cannot be read');
  expect(await runners.use((runner) => diffIdOf(runner, blocksOf('a')))).toBe(sha256('a'));
});

test('one that said what is wrong is not used again', async () => {
  const runners = newRunners();
  const file = { path: '/nowhere', state: new Uint8Array(40), digest: undefined };
  async function* gone(): AsyncGenerator<Block> {
    yield { parts: [{ file, offset: 0, length: 0 }], identity: undefined };
  }
  await expect(runners.use((runner) => diffIdOf(runner, gone()))).rejects.toMatchObject({
    code: 'E_FILE_CHANGED',
    message: '/nowhere changed while it was read',
  });
  expect(await runners.use((runner) => diffIdOf(runner, blocksOf('a')))).toBe(sha256('a'));
});

test('who waits when all is stopped is told so', async () => {
  const stop = new AbortController();
  const runners = newRunners(stop.signal);
  const never = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve()),
  );
  const all = Array.from({ length: 5 }, () => runners.use(() => never));
  stop.abort(new Error('stopped'));
  const ends = await Promise.allSettled(all);
  expect(ends.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 3 }, () => 'fulfilled'),
    ...Array.from({ length: 2 }, () => 'rejected'),
  ]);
});
