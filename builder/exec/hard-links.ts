// Which names of a layer are names of one file.

import { digestKey, type KeyParts } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import type { LayerEntries } from '../../image/layer.ts';
import type { HardLinks } from '../../image/reads/links-read.ts';
import type { Snapshot } from '../snapshot.ts';

/** Tells the hard links among the entries of the layer `id`: looked for once, and read once for each store that is opened. */
export function hardLinksOfLayers(
  store: Pick<Store, 'links'>,
): (id: Digest, entries: () => LayerEntries) => HardLinks {
  const known = new Map<Digest, HardLinks>();
  return (id, entries) => {
    const links = known.get(id) ?? layerHardLinks(store, id, entries);
    known.set(id, links);
    return links;
  };
}

function layerHardLinks(
  { links }: Pick<Store, 'links'>,
  id: Digest,
  entries: () => LayerEntries,
): HardLinks {
  const known = links.get(digestKey(id));
  if (known !== undefined) return JSON.parse(Buffer.from(known).toString('utf8'));
  const found = new Map<string, string[]>();
  for (const { type, path, link = '' } of entries()) {
    if (type !== 'hardlink') continue;
    const names = found.get(link);
    if (names === undefined) found.set(link, [link, path]);
    else names.push(path);
  }
  const groups = [...found.values()];
  links.put(digestKey(id), Buffer.from(JSON.stringify(groups), 'utf8'));
  return groups;
}

/** What is asked of each layer at each RUN above it. */
const digests = new WeakMap<HardLinks, Digest>();

function digestOfLinks(links: HardLinks): Digest {
  const known = digests.get(links);
  if (known !== undefined) return known;
  const digest = digestOf('slipway-hard-links/1', links);
  digests.set(links, digest);
  return digest;
}

/** The hard links of all layers of a snapshot, from the lowest on. */
export function hardLinksIn({ layers }: Pick<Snapshot, 'layers'>): HardLinks {
  return layers.flatMap((layer) => layer.hardLinks());
}

/** The part of an exact key that says them; none where there are none. */
export function hardLinksPart(input: Pick<Snapshot, 'layers'>): KeyParts {
  const links = input.layers.map((layer) => layer.hardLinks()).filter(({ length }) => length > 0);
  return links.length === 0 ? [] : [['hard links', links.map(digestOfLinks).join(' ')]];
}
