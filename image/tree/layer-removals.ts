// What the whiteouts and opaque marks of a layer come to once all its other entries are known. A
// whiteout removes only what lies below the layer (OCI image-spec, layer.md, "Whiteouts"), wherever in the
// archive it stands; so it is settled at the end, and never removes what its own layer brings.

import type { Entry } from '../entry.ts';
import type { LayerPaths } from './layer-paths.ts';
import { comparePaths } from './path-order.ts';

export interface SettledRemovals {
  /** The whiteouts and opaque marks that remain, each path once, in canonical order. */
  readonly entries: Entry[];
  /** Directories that only these imply, outermost first. */
  readonly implied: string[];
}

/**
 * Settles the removals of a layer whose other entries are all in `paths`: a whiteout of a directory that the layer has
 * too becomes an opaque mark; of a file that it has too, or below another whiteout, nothing.
 * Throws E_LAYER_INVALID where one lies below something that is no directory.
 */
export function settleRemovals(removals: readonly Entry[], paths: LayerPaths): SettledRemovals {
  const marks = new Map<string, Entry>();
  const implied: string[] = [];
  for (const { type, path } of removals) {
    if (type !== 'opaque') continue;
    const isNew = paths.kindOf(path) === undefined;
    implied.push(...paths.place(path, true));
    if (isNew) implied.push(path);
  }
  const sorted = [...removals].sort((a, b) => comparePaths(a.path, b.path));
  let removed: string | undefined;
  for (const entry of sorted) {
    const { path } = entry;
    const kind = paths.kindOf(path);
    if (kind === true) marks.set(path, { ...entry, type: 'opaque' });
    if (kind !== undefined) continue;
    if (removed !== undefined && path.startsWith(`${removed}/`)) continue;
    removed = path;
    implied.push(...paths.place(path, false));
    marks.set(path, entry);
  }
  return { entries: [...marks.values()], implied };
}
