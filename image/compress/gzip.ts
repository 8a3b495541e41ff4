// gzip in blocks: each is deflated on its own and ends on a byte (a flush), and the pieces joined are one
// ordinary gzip member. zlib runs in libuv's threads.
// https://www.rfc-editor.org/rfc/rfc1952

import { constants, deflateRaw } from 'node:zlib';
import { MEDIA } from '../model.ts';
import type { BlockCompressor } from './block-compressor.ts';

/** docs/decisions/0011-gzip-level.md */
export const GZIP_LEVEL = 4;
/** No name, no time (a time would differ at each build), OS unknown. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** An empty block of deflate that is the last one. */
const LAST_BLOCK = [3, 0];

/**
 * gzip of `level` (0 to 9). The zlib inside Node hashes in other ways on other processors, so the architecture is
 * part of the name.
 */
export function gzip(level = GZIP_LEVEL): BlockCompressor {
  return {
    name: `gzip-${level};blocks=1;zlib=${process.versions.zlib};arch=${process.arch}`,
    mediaType: MEDIA.ociLayerGzip,
    header: HEADER,
    compress: (block) =>
      new Promise((resolve, reject) => {
        // Room for a whole block: one trip to the thread pool, not one for every 16 KiB.
        const chunkSize = block.length + 1024;
        const options = { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize };
        deflateRaw(block, options, (error, piece) => (error ? reject(error) : resolve(piece)));
      }),
    trailer({ crc, size }) {
      const trailer = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0, 0, 0, 0, 0]);
      trailer.writeUInt32LE(crc, 2);
      trailer.writeUInt32LE(size % 2 ** 32, 6);
      return trailer;
    },
  };
}
