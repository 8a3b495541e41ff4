// gzip in blocks: each is deflated on its own and ends on a byte, and the pieces joined are one ordinary gzip
// member. The runner's own deflate gives the same bytes on every machine (docs/decisions/0053-own-deflate.md).
// https://www.rfc-editor.org/rfc/rfc1952

import { MEDIA } from '../model.ts';
import type { RunnerCompressor } from './compressor.ts';

/** docs/decisions/0084-a-quicker-deflate.md */
export const GZIP_LEVEL = 2;

/** DEFLATE_FORM of runner-native/src/deflate.h: another number where the same input gives other bytes. */
const FORM = 2;

/** gzip of `level` (0 to 9). */
export function gzip(level = GZIP_LEVEL): RunnerCompressor {
  return {
    by: 'runner',
    name: `gzip-${level};blocks=1;deflate=${FORM}`,
    mediaType: MEDIA.ociLayerGzip,
    gzipLevel: level,
  };
}
