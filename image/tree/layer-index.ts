// Turns the entries of a layer, in the order in which an archive or a walk gave them, into the one
// canonical list: each path once, in the order of path-order.ts, hard links pointing backwards.
// What an unpacker would have on disk at the end decides: of two entries for a path the last one
// holds, and a name that was linked to a file keeps that file when the other name is replaced.

import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../entry.ts';
import { LayerPaths } from './layer-paths.ts';
import { settleRemovals } from './layer-removals.ts';
import { comparePaths } from './path-order.ts';

/** A file (or link, device, fifo): what one or several names of the layer stand for. */
interface Inode {
  readonly entry: Entry;
  /** The first name in order, once that is known. */
  name?: string;
}

/** A hard link whose target no earlier entry had: a later entry, or a file of a layer below. */
interface OpenLink {
  readonly link: Entry;
}

/** More than any real layer has; bounds the memory that a crafted one can take. */
export const MAX_PATHS = 2_000_000;

export class LayerIndex {
  readonly #paths: LayerPaths;
  readonly #directories = new Map<string, Entry>();
  readonly #others = new Map<string, Inode | OpenLink>();
  readonly #removals: Entry[] = [];

  constructor(maxPaths: number = MAX_PATHS) {
    this.#paths = new LayerPaths(maxPaths);
  }

  /** Takes the next entry. Throws E_LAYER_INVALID where it contradicts an earlier one. */
  add(entry: Entry): void {
    const { path, type } = entry;
    if (type === 'whiteout' || type === 'opaque') {
      this.#removals.push(entry);
      return;
    }
    if (type === 'dir') {
      this.#paths.place(path, true);
      this.#directories.set(path, entry);
      return;
    }
    this.#paths.place(path, false);
    if (type !== 'hardlink') {
      this.#others.set(path, { entry });
      return;
    }
    const target = entry.link ?? '';
    const known = this.#others.get(target);
    // An archive that has a file twice may name it as a link to itself: nothing to do.
    if (target === path && known !== undefined) return;
    if (target === path || this.#paths.kindOf(target) === true) throw badLink(entry);
    this.#others.set(path, known ?? { link: entry });
  }

  /** Returns the canonical list. The index must not be used afterwards. */
  finish(): Entry[] {
    const removals = this.#settleRemovals();
    const list = [...this.#directories.values(), ...removals];
    for (const path of [...this.#others.keys()].sort(comparePaths)) list.push(this.#named(path));
    return list.sort(compareEntries);
  }

  /** A directory whose whiteout became an opaque mark owes nothing to what lies below, its metadata neither. */
  #settleRemovals(): Entry[] {
    const whiteouts = new Set(this.#removals.filter(isWhiteout).map((entry) => entry.path));
    const settled = settleRemovals(this.#removals, this.#paths).entries;
    for (const { path, type, mtime } of settled) {
      if (type !== 'opaque' || !whiteouts.has(path) || this.#directories.has(path)) continue;
      this.#directories.set(path, {
        path,
        type: 'dir',
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime,
        size: 0,
      });
    }
    return settled;
  }

  #named(path: string): Entry {
    const inode = this.#inodeOf(path);
    if ('link' in inode) return { ...inode.link, path };
    if (inode.name === undefined) {
      inode.name = path;
      return { ...inode.entry, path };
    }
    const { mode, uid, gid, mtime } = inode.entry;
    return { path, type: 'hardlink', mode, uid, gid, mtime, size: 0, link: inode.name };
  }

  /** Follows links to later entries; a link that ends in no entry of the layer is left open. */
  #inodeOf(path: string): Inode | OpenLink {
    const chain = new Set<string>();
    let at = path;
    let found = this.#others.get(at);
    while (found !== undefined && 'link' in found) {
      const target = found.link.link ?? '';
      if (this.#paths.kindOf(target) === true || chain.has(target)) throw badLink(found.link);
      const next = this.#others.get(target);
      if (next === undefined) break;
      chain.add(at);
      at = target;
      found = next;
    }
    if (found === undefined) throw new Error(`no entry for ${JSON.stringify(path)}`);
    for (const link of chain) this.#others.set(link, found);
    return found;
  }
}

/** The canonical order; an opaque entry comes right after the directory that it belongs to. */
export function compareEntries(a: Entry, b: Entry): number {
  const order = comparePaths(a.path, b.path);
  return order !== 0 ? order : Number(a.type === 'opaque') - Number(b.type === 'opaque');
}

function isWhiteout(entry: Entry): boolean {
  return entry.type === 'whiteout';
}

function badLink(entry: Entry): BuildError {
  return new BuildError(
    'E_LAYER_INVALID',
    `the hard link ${JSON.stringify(entry.path)} points to ${JSON.stringify(entry.link)}, which is not a file`,
  );
}
