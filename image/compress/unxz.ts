// xz, by XZ Embedded as WebAssembly: several streams in a row, blocks, dictionaries up to 64 MiB (xz -9).
// Its memory is that of the dictionary, whatever the data says.

import { Readable } from 'node:stream';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { damaged } from './compression-error.ts';

/** Yields what `input` unpacks to. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED, E_UNSUPPORTED, and what `input` throws. */
export async function* unxz(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: xz } = await import('xz-decompress');
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* input;
      ended = true;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const source = Readable.from(watched(), { objectMode: false });
  try {
    yield* new xz.XzReadableStream(Readable.toWeb(source) as ReadableStream<Uint8Array>);
  } catch (error) {
    throw failure === undefined ? xzError(error, ended) : failure.error;
  } finally {
    source.destroy();
  }
}

/** The numbers of enum xz_ret (xz.h) that say more than "damaged". */
function xzError(error: unknown, ended: boolean): unknown {
  const code = /error code (\d+)$/.exec(error instanceof Error ? error.message : '')?.[1];
  if (code === undefined || isBuildError(error)) return error;
  if (code === '4') return unsupported('a dictionary of more than 64 MiB');
  if (code === '6') return unsupported('filters, or checksums by SHA-256');
  if (code === '8' && ended) {
    return new BuildError('E_LAYER_TRUNCATED', 'the compressed data ends too early');
  }
  return damaged('it is no xz, or was changed', error);
}

function unsupported(what: string): BuildError {
  return new BuildError('E_UNSUPPORTED', `xz with ${what} is not supported`, {
    hint: 'compress it with xz alone, up to -9, or with gzip or zstd',
  });
}
