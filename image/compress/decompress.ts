// Layers and archives as plain tar, whatever they are compressed with: told by their first bytes, not by
// what a manifest says of them. Input is hostile: a small blob may ask for petabytes. Decompression
// happens in this process; no helper program is ever looked up (GHSA-x86f-5xw2-fm2r).

import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { ChunkReader } from '../stream/chunk-reader.ts';

export interface DecompressOptions {
  /** Bytes of output; default 1 TiB. */
  readonly maxBytes?: number;
  /** Bytes of output for each byte of input, beyond the first GiB of output; default 400. */
  readonly maxRatio?: number;
}

const MAX_BYTES = 2 ** 40;
const MAX_RATIO = 400;
const FREE_OF_RATIO = 2 ** 30;
const OUTPUT_CHUNK = 256 * 1024;

/**
 * Yields the bytes of a gzip (of one or many members), zstd or plain stream, decompressed. Throws E_LAYER_INVALID,
 * E_LAYER_TRUNCATED, E_LAYER_LIMIT; E_UNSUPPORTED for zstd on a Node without it and for bzip2 and xz.
 */
export async function* decompressLayer(
  chunks: AsyncIterable<Uint8Array>,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(chunks);
  let taken = 0;
  let given = 0;
  async function* input(): AsyncGenerator<Uint8Array> {
    while (reader.buffered > 0 || (await reader.fill(1))) {
      const chunk = reader.takeSome(reader.buffered);
      taken += chunk.length;
      yield chunk;
    }
  }
  try {
    await reader.fill(6);
    const transform = transformFor(reader.peek(Math.min(6, reader.buffered)));
    const output = transform === undefined ? input() : transformed(input(), transform);
    for await (const chunk of output) {
      given += chunk.byteLength;
      checkLimits(given, taken, options);
      yield chunk;
    }
  } finally {
    await reader.cancel();
  }
}

function checkLimits(given: number, taken: number, options: DecompressOptions): void {
  const { maxBytes = MAX_BYTES, maxRatio = MAX_RATIO } = options;
  if (given > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`);
  if (given > FREE_OF_RATIO && given > taken * maxRatio) {
    throw tooLarge(`more than ${maxRatio} times its compressed size`);
  }
}

/** Undefined where the bytes are not compressed. */
function transformFor(magic: Buffer): Transform | undefined {
  const hex = magic.toString('hex');
  if (hex.startsWith('1f8b')) return zlib.createGunzip({ chunkSize: OUTPUT_CHUNK });
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return zstdTransform();
  // The level, and the magic of a block or of the end: text may well start with "BZh".
  if (/^425a683[1-9](?:3141|1772)/.test(hex)) throw unsupported('bzip2');
  if (hex.startsWith('fd377a585a00')) throw unsupported('xz');
  return undefined;
}

/** Node has zstd from 22.15 on. */
function zstdTransform(): Transform {
  const { createZstdDecompress } = zlib as {
    createZstdDecompress?: (options: object) => Transform;
  };
  if (createZstdDecompress !== undefined) return createZstdDecompress({ chunkSize: OUTPUT_CHUNK });
  throw new BuildError('E_UNSUPPORTED', `Node ${process.version} cannot read zstd`, {
    hint: 'use Node 22.15 or newer',
  });
}

async function* transformed(
  input: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(input, { objectMode: false });
  source.on('error', (error) => transform.destroy(error));
  try {
    yield* source.pipe(transform);
  } catch (error) {
    throw decompressionError(error);
  } finally {
    source.destroy();
  }
}

/** zlib's own errors say what is wrong with the data; any other comes from the source. */
function decompressionError(error: unknown): unknown {
  const code = errnoOf(error);
  if (code === undefined || !/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) return error;
  if (code === 'Z_BUF_ERROR') {
    return new BuildError('E_LAYER_TRUNCATED', 'the compressed data ends too early', {
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : code;
  return new BuildError('E_LAYER_INVALID', `the compressed data is damaged: ${message}`, {
    cause: error,
  });
}

function unsupported(format: string): BuildError {
  return new BuildError('E_UNSUPPORTED', `${format} is not supported`, {
    hint: 'unpack it before the build, or compress it with gzip or zstd',
  });
}

function tooLarge(what: string): BuildError {
  return new BuildError('E_LAYER_LIMIT', `the compressed data unpacks to ${what}`);
}
