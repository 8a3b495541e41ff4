// The tree of a snapshot as a source of files. What is there, the tree says; a file's bytes and time
// are in the topmost layer that has an entry for it.

import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import type { LayerEntries, PlaceOf } from '../../image/layer.ts';
import { lookup, readDirectory } from '../../image/tree/lookup.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import { subtreeDigest } from '../../image/tree/subtree-digest.ts';
import { walk } from '../../image/tree/walk.ts';
import type { Snapshot, SnapshotLayer } from '../snapshot.ts';
import type { CopySource, SourceNode } from './source.ts';
import { weave } from './weave.ts';

/** Makes a source of a snapshot. */
export function treeSource(objects: ObjectStore, name: string, snapshot: Snapshot): CopySource {
  const { tree } = snapshot;
  const locator = new Locator(snapshot.layers);
  return {
    name,
    async stat(path) {
      const found = lookup(objects, tree, path, { follow: 'all' });
      return found && { path: found.path, isDirectory: found.entry.type === 'dir' };
    },
    async list(path) {
      return [...(readDirectory(objects, tree, path)?.keys() ?? [])];
    },
    async walk(node, keep = () => true) {
      return { [Symbol.iterator]: () => entriesBelow(objects, tree, locator, { node, keep }) };
    },
    async identity(node) {
      const digest = subtreeDigest(objects, tree, node.path);
      if (digest === undefined) throw new Error(`nothing at ${node.path}`);
      return digest;
    },
    async *read(files) {
      const wanted = files.map(({ path, entry }) => {
        const place = locator.content(path);
        return { source: place.layer, file: place.entry, entry };
      });
      yield* weave(wanted, (layer, entries) => layer.contents.read(entries));
    },
    async places() {
      const places = new Map<SnapshotLayer, PlaceOf<Entry> | undefined>();
      for (const layer of snapshot.layers) places.set(layer, await layer.contents.places?.());
      return ({ path }) => {
        const place = locator.content(path);
        return places.get(place.layer)?.(place.entry);
      };
    },
  };
}

interface Wanted {
  readonly node: SourceNode;
  readonly keep: (path: string) => boolean;
}

function* entriesBelow(
  objects: ObjectStore,
  tree: Digest,
  locator: Locator,
  { node, keep }: Wanted,
): Generator<Entry> {
  const prefix = node.path === '' ? 0 : node.path.length + 1;
  /** The first names of files that are taken by another name than the one that their content is at. */
  const names = new Map<string, string>();
  /** The first name of the file of which `place` is a later one. */
  const firstName = (place: Place, path: string): string | undefined => {
    const known = names.size === 0 ? undefined : names.get(locator.inode(place));
    if (known !== undefined || place.entry.type !== 'hardlink') return known;
    const first = locator.visible(objects, tree, place);
    const isTaken = first !== undefined && isBelow(node.path, first) && keep(first.slice(prefix));
    if (isTaken && comparePaths(first.slice(prefix), path) < 0) return first.slice(prefix);
    names.set(locator.inode(place), path);
    return undefined;
  };
  for (const found of walk(objects, tree, node.path)) {
    const { name: _, digest, type, ...metadata } = found.entry;
    const path = found.path.slice(prefix);
    if (type !== 'dir' && !keep(path)) continue;
    const place = locator.find(found.path);
    const mtime = place?.entry.mtime ?? 0n;
    if (type !== 'file' || digest === undefined) {
      yield { ...metadata, type, path, mtime };
      continue;
    }
    const link = place && firstName(place, path);
    yield link === undefined
      ? { ...metadata, type, path, mtime, digest }
      : { ...metadata, type: 'hardlink', path, mtime, size: 0, link };
  }
}

interface Place {
  readonly layer: SnapshotLayer;
  readonly index: number;
  readonly entry: Entry;
}

/** Finds the layer that a path of the tree comes from. */
class Locator {
  readonly #layers: readonly SnapshotLayer[];
  readonly #entries = new Map<Digest, LayerEntries>();

  constructor(layers: readonly SnapshotLayer[]) {
    this.#layers = layers;
  }

  /** The topmost entry for a path that is in the tree; a whiteout above it would have taken it out of the tree. */
  find(path: string, below = this.#layers.length): Place | undefined {
    for (let index = below - 1; index >= 0; index--) {
      const layer = this.#layers[index];
      if (layer === undefined) continue;
      const entry = this.#entriesOf(layer).find(path);
      if (entry !== undefined) return { layer, entry, index };
    }
    return undefined;
  }

  /** The same for all names of one file, and for no other file: where its content is. */
  inode(place: Place): string {
    const { index, entry } = this.#behind(place);
    return `${index}:${entry.path}`;
  }

  /** Where the content behind a hard link is, if that is a path of the tree still. */
  visible(objects: ObjectStore, tree: Digest, place: Place): string | undefined {
    const { index, entry } = this.#behind(place);
    const isTopmost = this.find(entry.path)?.index === index;
    const found = isTopmost && lookup(objects, tree, entry.path, { follow: 'parent' });
    return found && found.path === entry.path ? entry.path : undefined;
  }

  /** The place of a file's bytes. */
  content(path: string): Place {
    const found = this.find(path);
    if (found === undefined) throw new Error(`no layer has ${path}`);
    return this.#behind(found);
  }

  /** A hard link leads to its target in the same layer, or in one below. */
  #behind(place: Place): Place {
    const { index, entry } = place;
    if (entry.type !== 'hardlink') return place;
    const target = this.find(entry.link ?? '', index + 1);
    if (target?.entry.type !== 'file')
      throw new Error(`no layer has the file behind ${entry.path}`);
    return target;
  }

  #entriesOf(layer: SnapshotLayer): LayerEntries {
    const known = this.#entries.get(layer.id) ?? layer.entries();
    this.#entries.set(layer.id, known);
    return known;
  }
}

function isBelow(folder: string, path: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}
