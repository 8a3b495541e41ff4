// A snapshot: what an op hands to the ops after it. The tree says what a container would see; the
// layers, bottom first, are what an image of it is made of and what is stacked when a RUN runs.

import type { Digest } from '../core/digest.ts';
import type { Layer } from '../image/layer.ts';
import type { Descriptor } from '../image/model.ts';
import type { HardLinks } from '../image/reads/links-read.ts';

export interface Snapshot {
  readonly tree: Digest;
  readonly layers: readonly SnapshotLayer[];
}

export interface SnapshotLayer extends Layer {
  /** Where the layer came with a base image: the very bytes that every image on top of it keeps. */
  readonly origin: LayerOrigin | undefined;
  /** Which of its names are names of one file. Throws E_STORE_CORRUPT. */
  hardLinks(): HardLinks;
}

export interface LayerOrigin {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  /** The blob as it is stored and served: compressed, verified. */
  open(): AsyncIterable<Uint8Array>;
}
