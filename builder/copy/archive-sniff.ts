// Tells an archive that ADD would unpack from any other file, as the reference does: not by its name
// but by whether a tar begins in it once it is decompressed. A gzip of anything else is a plain file.

import { BuildError, isBuildError } from '../../core/errors.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import { ChunkReader } from '../../image/stream/chunk-reader.ts';
import { BLOCK, decodeHeader } from '../../image/tar/header.ts';
import { fileBytes } from './file-bytes.ts';
import type { Selected } from './select.ts';
import type { CopySource } from './source.ts';

/**
 * True where the file that was selected is a tar, compressed or not. Throws E_UNSUPPORTED where it is
 * compressed in a way that cannot be looked into.
 */
export async function isArchive(source: CopySource, { name, node }: Selected): Promise<boolean> {
  const [entry] = await source.walk(node);
  if (entry?.type !== 'file' || entry.size === 0) return false;
  const bytes = inPieces(fileBytes(source, { path: node.path, entry }));
  const reader = new ChunkReader(decompressLayer(bytes));
  try {
    return (await reader.fill(BLOCK)) && decodeHeader(reader.take(BLOCK)) !== undefined;
  } catch (error) {
    if (!isBuildError(error)) throw error;
    if (error.code === 'E_LAYER_INVALID' || error.code === 'E_LAYER_TRUNCATED') return false;
    if (error.code !== 'E_UNSUPPORTED') throw error;
    throw new BuildError('E_UNSUPPORTED', `ADD cannot unpack "${name}": ${error.message}`, {
      cause: error,
      hint: 'compress it with gzip; or copy it as it is, with ADD --unpack=false',
    });
  } finally {
    await reader.cancel();
  }
}

/**
 * A decompressor that fails gives out nothing of the piece in which it does. An archive that is damaged further on
 * must not be taken for a file of another kind, so the pieces are smaller than what any archive begins with.
 */
const PIECE = 16;

async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE);
}
