// An archive that ADD unpacks: its entries in canonical order, and the contents of its files. It is
// read once, front to back; the contents go to one file of the build's own temporaries, so that a
// layer can have them in another order than the archive's. The archive is hostile input: everything
// comes through the strict reader of image/tar, and nothing of it is ever a path on this machine.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Entry } from '../../image/entry.ts';
import { Batch } from '../../image/stream/batch.ts';
import { readLayerTar } from '../../image/tar/reader.ts';
import { LayerIndex } from '../../image/tree/layer-index.ts';
import { fileBytes } from './file-bytes.ts';
import type { ContentSource } from './origin.ts';
import type { Selected } from './select.ts';
import type { CopySource } from './source.ts';

export interface Archive extends ContentSource {
  /** In canonical order, with digests; '' is the archive's own root. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED, E_LAYER_LIMIT, E_UNSUPPORTED. */
  readonly entries: readonly Entry[];
}

/** Contents up to this are read in one piece. */
const WHOLE = 1 << 20;

/** Reads the archive that was selected. `temporary` makes a folder that lives as long as the build. */
export async function readArchive(
  source: CopySource,
  { name, node }: Selected,
  temporary: () => Promise<string>,
): Promise<Archive> {
  const [entry] = await source.walk(node);
  if (entry === undefined) throw new Error(`nothing at ${node.path}`);
  const path = join(await temporary(), 'contents');
  const file = await open(path, 'wx', 0o600);
  try {
    const bytes = decompressLayer(fileBytes(source, { path: node.path, entry }));
    const { entries, offsets } = await spool(bytes, file);
    return { entries, read: (files) => readSpooled(path, offsets, files) };
  } catch (error) {
    throw ofArchive(name, error);
  } finally {
    await file.close();
  }
}

/** By digest and not by path: a path may come twice, and a hard link keeps what its target was then. */
type Offsets = ReadonlyMap<Digest, number>;

/** Writes the contents of all files to `file`, one behind the other. */
async function spool(
  bytes: AsyncIterable<Uint8Array>,
  file: FileHandle,
): Promise<{ readonly entries: readonly Entry[]; readonly offsets: Offsets }> {
  const index = new LayerIndex();
  const offsets = new Map<Digest, number>();
  const batch = new Batch();
  let end = 0;
  for await (const { entry, chunks } of readLayerTar(bytes, { whiteouts: false })) {
    if (entry.type !== 'file') {
      index.add(entry);
      continue;
    }
    const hash = startDigest();
    const start = end;
    for await (const piece of chunks) {
      hash.update(piece);
      end += piece.byteLength;
      for (const ready of batch.add(piece)) await file.writeFile(ready);
    }
    const digest = finishDigest(hash);
    offsets.set(digest, start);
    index.add({ ...entry, digest });
  }
  for (const ready of batch.end()) await file.writeFile(ready);
  return { entries: index.finish(), offsets };
}

async function* readSpooled(
  path: string,
  offsets: Offsets,
  files: Parameters<ContentSource['read']>[0],
): ReturnType<ContentSource['read']> {
  const file = await open(path, 'r');
  try {
    for (const { entry } of files) {
      const start = entry.digest && offsets.get(entry.digest);
      if (start === undefined) throw new Error(`the archive has no content for ${entry.path}`);
      yield { entry, chunks: slice(file, start, entry.size) };
    }
  } finally {
    await file.close();
  }
}

async function* slice(file: FileHandle, start: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const length = Math.min(WHOLE, size - at);
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(length),
      0,
      length,
      start + at,
    );
    if (bytesRead === 0) throw new Error('the contents of an archive were cut short');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Which of several sources it was, the reader's own words do not say. */
function ofArchive(name: string, error: unknown): unknown {
  if (!isBuildError(error) || !/^E_(?:LAYER_|UNSUPPORTED$)/.test(error.code)) return error;
  return new BuildError(error.code, `ADD cannot unpack "${name}": ${error.message}`, {
    cause: error,
    hint: error.hint ?? 'ADD --unpack=false copies it as it is',
  });
}
