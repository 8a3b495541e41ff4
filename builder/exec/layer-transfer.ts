// Moves layers between their forms: entries with contents, the runner's entry stream, folders on disk.

import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import type { Entry } from '../../image/entry.ts';
import {
  decodeEntryStream,
  END_OF_ENTRIES,
  encodeEntryHeader,
  type StreamedEntry,
} from '../../image/entry-stream.ts';
import type { ContentChunks, FileContent, LayerContents } from '../../image/layer.ts';
import { Batch } from '../../image/stream/batch.ts';
import { inBatches } from '../../image/stream/in-batches.ts';
import { type Isolation, startRunner } from './runner.ts';

/** The entry stream of a layer whose entries are known and whose bytes come from `contents`. */
export async function* entriesToStream(
  entries: Iterable<Entry>,
  contents: LayerContents,
): AsyncIterable<Uint8Array> {
  // One write for each header and each small file would cost more than the files themselves.
  const batch = new Batch();
  for (const some of inBatches(entries)) {
    const files = contents.read(some.filter(({ type }) => type === 'file'));
    const reader = files[Symbol.asyncIterator]();
    try {
      for (const entry of some) {
        for (const chunk of batch.add(encodeEntryHeader(entry))) yield chunk;
        if (entry.type !== 'file') continue;
        const next = await reader.next();
        if (next.done === true) throw new Error(`no content was given for ${entry.path}`);
        for await (const piece of exactly(entry, next.value.chunks)) {
          for (const chunk of batch.add(piece)) yield chunk;
        }
      }
    } finally {
      await reader.return?.();
    }
  }
  for (const chunk of batch.add(END_OF_ENTRIES)) yield chunk;
  for (const chunk of batch.end()) yield chunk;
}

/** Fills the folder `dir` from an entry stream, in the runner. `words`: further ones for it. */
export async function extractInto(
  isolation: Isolation,
  dir: string,
  stream: AsyncIterable<Uint8Array>,
  words: readonly string[] = [],
): Promise<void> {
  const runner = startRunner('extract', isolation, ['dir', dir, ...words]);
  runner.stdout.resume();
  runner.stderr.resume();
  // A runner that refuses an entry closes its end: its own error says why, the broken pipe does not.
  const [written, ended] = await Promise.allSettled([pipeline(stream, runner.stdin), runner.ended]);
  if (written.status === 'rejected' && (written.reason as NodeJS.ErrnoException).code !== 'EPIPE') {
    throw written.reason;
  }
  if (ended.status === 'rejected') throw ended.reason;
  if (written.status === 'rejected') throw written.reason;
}

/** Yields everything in a layer folder as entries with contents (and without digests). */
export async function* dumpFolder(isolation: Isolation, dir: string): AsyncIterable<StreamedEntry> {
  const runner = startRunner('dump', isolation, ['dir', dir, 'all']);
  runner.stdin.end();
  yield* decoded(runner);
}

/** Yields the contents of `files` (paths of entries) from a layer folder, in the order given. */
export async function* readFromFolder(
  isolation: Isolation,
  dir: string,
  files: readonly Entry[],
): AsyncIterable<FileContent> {
  if (files.length === 0) return;
  const runner = startRunner('dump', isolation, ['dir', dir, 'paths']);
  void writePaths(runner.stdin, files);
  let next = 0;
  for await (const { entry: found, chunks } of decoded(runner)) {
    const entry = files[next++];
    if (entry === undefined || entry.path !== found.path || entry.size !== found.size) {
      throw new BuildError(
        'E_STORE_CORRUPT',
        `the unpacked layer at ${dir} does not hold ${found.path} as recorded`,
        {
          hint: 'remove that folder; the step that made it will run again',
        },
      );
    }
    yield { entry, chunks };
  }
  if (next < files.length) throw new Error(`the runner left out ${files[next]?.path}`);
}

async function* decoded(runner: ReturnType<typeof startRunner>): AsyncIterable<StreamedEntry> {
  runner.stderr.resume();
  let whole = false;
  try {
    yield* decodeEntryStream(runner.stdout);
    whole = true;
  } catch (error) {
    // The stream of a runner that failed is cut short: its own error says why.
    await runner.ended;
    throw error;
  } finally {
    if (!whole) {
      runner.kill('SIGKILL');
      runner.ended.catch(() => {});
    }
  }
  await runner.ended;
}

async function writePaths(stdin: NodeJS.WritableStream, files: readonly Entry[]): Promise<void> {
  for (const { path } of files) {
    if (!stdin.write(Buffer.concat([nameToBytes(path), NUL])))
      await once(stdin, 'drain').catch(() => {});
  }
  stdin.end();
}

const NUL = Buffer.from([0]);

async function* exactly(entry: Entry, chunks: ContentChunks): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > entry.size) break;
    yield chunk;
  }
  if (size !== entry.size) {
    throw new BuildError(
      'E_FILE_CHANGED',
      `${entry.path} has ${size} bytes instead of ${entry.size}`,
    );
  }
}
