// How the layers of an output are compressed, as `-o` says it.

import type { Compressor } from './compressor.ts';
import { gzip } from './gzip.ts';
import { UNCOMPRESSED } from './uncompressed.ts';
import { zstd } from './zstd.ts';

export interface Compression {
  readonly type: 'gzip' | 'zstd' | 'uncompressed';
  /** Undefined is slipway's default for the type. */
  readonly level?: number;
}

/** The compressor that `compression` asks for. Throws E_UNSUPPORTED where this Node has none. */
export function compressorFor({ type, level }: Compression): Compressor {
  switch (type) {
    case 'gzip':
      return gzip(level);
    case 'zstd':
      return zstd(level);
    case 'uncompressed':
      return UNCOMPRESSED;
  }
}
