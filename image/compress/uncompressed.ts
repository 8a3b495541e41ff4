// Layers that are plain tar.

import { MEDIA } from '../model.ts';
import type { BlockCompressor } from './block-compressor.ts';

/** Leaves every block as it is. */
export const UNCOMPRESSED: BlockCompressor = {
  name: 'uncompressed',
  mediaType: MEDIA.ociLayer,
  header: Buffer.alloc(0),
  compress: async (block) => block,
  trailer: () => Buffer.alloc(0),
};
