// Layers and archives as plain tar, whatever they are compressed with: told by their first bytes, not by
// what a manifest says of them. Input is hostile: a small blob may ask for petabytes. Decompression
// happens in this process; no helper program is ever looked up (GHSA-x86f-5xw2-fm2r).

import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { ChunkReader } from '../stream/chunk-reader.ts';
import { damaged } from './compression-error.ts';

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
const MAGIC_BYTES = 10;

/**
 * Yields the bytes of a gzip (of one or many members), bzip2, xz, zstd or plain stream, decompressed. Throws
 * E_LAYER_INVALID, E_LAYER_TRUNCATED, E_LAYER_LIMIT, and E_UNSUPPORTED for rare kinds of xz.
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
    await reader.fill(MAGIC_BYTES);
    const decode = await decoderFor(reader.peek(Math.min(MAGIC_BYTES, reader.buffered)));
    const output = decode === undefined ? input() : decode(input());
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

type Decoder = (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Undefined where the bytes are not compressed. What is seldom used is loaded here. */
async function decoderFor(magic: Buffer): Promise<Decoder | undefined> {
  const hex = magic.toString('hex');
  if (hex.startsWith('1f8b')) {
    return (input) => transformed(input, zlib.createGunzip({ chunkSize: OUTPUT_CHUNK }));
  }
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return zstdDecoder();
  // The level, and the magic of a block or of the end: text may well start with "BZh".
  if (/^425a683[1-9](?:314159265359|177245385090)/.test(hex)) {
    const { bunzip2 } = await import('./bunzip2.ts');
    return (input) => bunzip2(new ChunkReader(input));
  }
  if (hex.startsWith('fd377a585a00')) return (await import('./unxz.ts')).unxz;
  return undefined;
}

/** Node has zstd from 22.15 on. */
async function zstdDecoder(): Promise<Decoder> {
  const { createZstdDecompress: create } = zlib as {
    createZstdDecompress?: (options: object) => Transform & { readonly bytesWritten: number };
  };
  if (create === undefined) return (await import('./unzstd.ts')).unzstd;
  const { zstdFrames } = await import('./zstd-frames.ts');
  return (input) => zstdFrames(input, () => create({ chunkSize: OUTPUT_CHUNK }), transformed);
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
  return damaged(message, error);
}

function tooLarge(what: string): BuildError {
  return new BuildError('E_LAYER_LIMIT', `the compressed data unpacks to ${what}`);
}
