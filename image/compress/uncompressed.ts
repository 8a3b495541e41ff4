// Layers that are plain tar.

import { MEDIA } from '../model.ts';
import type { RunnerCompressor } from './compressor.ts';

/** Leaves every block as it is. */
export const UNCOMPRESSED: RunnerCompressor = {
  by: 'runner',
  name: 'uncompressed',
  mediaType: MEDIA.ociLayer,
  gzipLevel: undefined,
};
