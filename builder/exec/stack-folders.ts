// The layers of a snapshot as overlayfs takes them.

import type { SnapshotLayer } from '../snapshot.ts';
import type { LayerStore } from './layer-store.ts';

/**
 * Returns the folders of `layers` (bottom first), topmost first. A layer that is there twice, as after COPY, RUN rm
 * and the same COPY, comes once: overlayfs refuses a folder that it has already, and below itself a layer
 * shows nothing that it does not show above.
 */
export async function stackFolders(
  store: LayerStore,
  layers: readonly SnapshotLayer[],
): Promise<readonly string[]> {
  const distinct = new Map([...layers].reverse().map((layer) => [layer.id, layer]));
  return Promise.all([...distinct.values()].map((layer) => store.folder(layer)));
}
