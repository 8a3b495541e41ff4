// zstd in blocks: each is a frame of its own, and frames joined are one stream, as every reader takes it.
// https://www.rfc-editor.org/rfc/rfc8878

import * as zlib from 'node:zlib';
import { BuildError } from '../../core/errors.ts';
import { MEDIA } from '../model.ts';
import type { NodeCompressor } from './compressor.ts';

/** The reference's default. */
export const ZSTD_LEVEL = 3;

/** What Node has from 22.15 on, and the types of older ones lack. */
interface Zstd {
  zstdCompress(
    block: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
    done: (error: Error | null, piece: Buffer) => void,
  ): void;
  readonly constants: {
    readonly ZSTD_c_compressionLevel: number;
    readonly ZSTD_c_checksumFlag: number;
  };
}

/** zstd of `level` (1 to 22). Throws E_UNSUPPORTED where this Node has no zstd. */
export function zstd(level = ZSTD_LEVEL): NodeCompressor {
  const { zstdCompress, constants } = zlib as unknown as Partial<Zstd>;
  if (zstdCompress === undefined || constants === undefined) {
    throw new BuildError('E_UNSUPPORTED', `Node ${process.version} cannot write zstd`, {
      hint: 'use Node 22.15 or newer, or compression=gzip',
    });
  }
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  return {
    by: 'node',
    name: `zstd-${level};blocks=1;zstd=${process.versions['zstd'] ?? process.version}`,
    mediaType: MEDIA.ociLayerZstd,
    compress: (block) =>
      new Promise((resolve, reject) => {
        zstdCompress(block, { params }, (error, piece) => (error ? reject(error) : resolve(piece)));
      }),
  };
}
