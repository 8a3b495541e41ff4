// A snapshot: what an op hands to the ops after it. The tree says what a container would see; the
// layers, bottom first, are what an image of it is made of and what is stacked when a RUN runs.

import type { Digest } from '../core/digest.ts';
import type { Layer } from '../image/layer.ts';
import type { Descriptor } from '../image/model.ts';

export interface Snapshot {
  readonly tree: Digest;
  readonly layers: readonly SnapshotLayer[];
}

export interface SnapshotLayer extends Layer {
  /** Where the layer came with a base image: the very bytes that every image on top of it keeps. */
  readonly origin: LayerOrigin | undefined;
  /** The digest of which of its names are names of one file; undefined where none are. Throws E_STORE_CORRUPT. */
  hardLinks(): Digest | undefined;
}

export interface LayerOrigin {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  /** The blob as it is stored and served: compressed, verified. */
  open(): AsyncIterable<Uint8Array>;
}
