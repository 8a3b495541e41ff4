// A running account of what unpacked layers take on disk. A layer's folder never changes once it is there, so it
// is walked once; only another form beside it makes its size another.

import { readdirSync } from 'node:fs';
import { type Digest, digestOfBytes } from '../core/digest.ts';
import { errnoOf } from '../core/errors.ts';
import type { Table } from './database.ts';
import { DiskCounter } from './disk-usage.ts';
import type { LayerFolders } from './layer-folders.ts';
import { digestKey } from './records.ts';

/** The forms that were there when the layer was counted, and what they took. */
interface Counted {
  readonly forms: string;
  readonly bytes: number;
}

/**
 * Returns the bytes of disk of every unpacked layer, walking only those that `sizes` does not know. With `trust` it is
 * not looked whether another form has come to those that it knows: one call for the folder of all of them.
 */
export async function layerSizes(
  layers: Pick<LayerFolders, 'container' | 'list'>,
  sizes: Table,
  known: 'check' | 'trust' = 'check',
): Promise<Map<Digest, number>> {
  const found = new Map<Digest, number>();
  for (const layer of await layers.list()) {
    const counted = decode(sizes.get(digestKey(layer)));
    const forms = (known === 'trust' && counted?.forms) || formsOf(layers.container(layer));
    if (counted?.forms === forms) {
      found.set(layer, counted.bytes);
      continue;
    }
    const { bytes } = await new DiskCounter().count(layers.container(layer));
    found.set(layer, bytes);
    sizes.put(digestKey(layer), Buffer.from(JSON.stringify({ forms, bytes })));
  }
  for (const { key } of sizes.entries()) {
    // Other keys are not layers.
    const layer = digestOfBytes(key);
    if (layer !== undefined && !found.has(layer)) sizes.delete(key);
  }
  return found;
}

function formsOf(container: string): string {
  try {
    return readdirSync(container).sort().join(' ');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** A value that is not whole counts as absent. */
function decode(bytes: Uint8Array | undefined): Counted | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Counted;
    return Number.isSafeInteger(value.bytes) && value.bytes >= 0 ? value : undefined;
  } catch {
    return undefined;
  }
}
