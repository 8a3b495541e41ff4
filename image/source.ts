// The borders of the media: whatever holds images (a registry, a layout, an archive, the local
// store) is a source, and whatever takes them a sink. An image is lazy: manifest and config are
// there, a layer's bytes are asked for when they are needed.

import type { ChunkUse } from '../core/read-chunks.ts';
import type { Descriptor, ImageConfig, Platform } from './model.ts';

/** Yields a blob's bytes as they are stored, checked against the descriptor's size and digest at their end; `use` is what is done with them (`own`). */
export type OpenBlob = (descriptor: Descriptor, use?: ChunkUse) => AsyncIterable<Uint8Array>;

export interface ResolvedImage {
  /** As people read it: `docker.io/library/debian:bookworm`. */
  readonly name: string;
  readonly manifest: Descriptor;
  /** The bytes whose digest `manifest` names. */
  readonly manifestBytes: Buffer;
  readonly configDescriptor: Descriptor;
  readonly configBytes: Buffer;
  readonly config: ImageConfig;
  /** Base first; as many as `config.rootfs.diff_ids`, in the same order. */
  readonly layers: readonly Descriptor[];
  /** Opens a layer's blob. May be called again for the same one. */
  readonly openBlob: OpenBlob;
}

export interface ImageSource {
  /**
   * Finds the image that the medium knows by `name`, for `platform` where there are several.
   * Throws E_IMAGE_NOT_FOUND, E_PLATFORM_NOT_FOUND, E_IMAGE_INVALID and the medium's own errors.
   */
  resolve(name: string, platform: Platform): Promise<ResolvedImage>;
}

export interface ImageSink {
  /** Writes the image under each of `names` (canonical references); with none, under its digest only where the medium can. */
  write(image: ResolvedImage, names: readonly string[]): Promise<void>;
}
