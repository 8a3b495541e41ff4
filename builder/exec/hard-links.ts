// Which names of a layer are names of one file. A tree does not say it and a step can see it: in the count of names that
// stat(2) tells, in the number of the inode, in what tar makes of two names.

import { digestKey } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, digestOfBytes } from '../../core/digest.ts';
import type { LayerEntries } from '../../image/layer.ts';
import type { Snapshot } from '../snapshot.ts';

/** What is kept of a layer without any. */
const NONE = Buffer.from([0]);

/** The digest of the hard links among the entries of the layer `id`, looked for once; undefined where there are none. */
export function layerHardLinks(
  { links }: Pick<Store, 'links'>,
  id: Digest,
  entries: () => LayerEntries,
): Digest | undefined {
  const known = links.get(digestKey(id));
  if (known !== undefined) return digestOfBytes(known);
  const found: [path: string, first: string][] = [];
  for (const { type, path, link } of entries()) {
    if (type === 'hardlink') found.push([path, link ?? '']);
  }
  const digest = found.length === 0 ? undefined : digestOf('slipway-hard-links/1', found);
  links.put(digestKey(id), digest === undefined ? NONE : digestKey(digest));
  return digest;
}

/** The digest of all hard links in the layers of a snapshot; undefined where there are none. */
export function hardLinksIn({ layers }: Pick<Snapshot, 'layers'>): Digest | undefined {
  const found = layers.flatMap((layer) => layer.hardLinks() ?? []);
  return found.length === 0 ? undefined : digestOf('slipway-hard-links/1', found);
}
