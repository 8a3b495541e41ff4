// Makes a read set: each path that was looked at is resolved in the input tree, as the kernel resolves it in a process
// whose root is the image, and everything on the way counts as looked at too: the links, with their targets, the
// directories, and the name that is missing. So two trees with the same states in the set resolve every path alike.
//
// Only directory objects are read, never a disk. Paths come from a hostile step: they may be anything.

import type { Digest } from '../../core/digest.ts';
import { childrenOf, readRoot, type TreeEntry } from '../tree/directory.ts';
import { MAX_LINKS } from '../tree/lookup.ts';
import type { ObjectStore } from '../tree/object-store.ts';
import { putReads, USES } from './read-set.ts';

export interface LookOptions {
  /** Letters of `USES`. */
  readonly uses: string;
  /** Whether a link at the end is followed; links on the way always are. */
  readonly follow: boolean;
}

/** What was looked at at one real path. */
interface Node {
  uses: number;
  below: Map<string, Node> | undefined;
}

/** A real path with something at it, and the directory above. */
interface Place {
  readonly node: Node;
  readonly entry: TreeEntry;
  readonly up: Place | undefined;
}

export class ReadSetBuilder {
  readonly #objects: ObjectStore;
  readonly #root: Place;
  /** Where the folders of paths lead, as they were written: a step looks at many files of one. */
  readonly #folders = new Map<string, Place | undefined>();

  /** A set of what is looked at in the tree `tree`. Throws E_TREE_MISSING, as `look` does. */
  constructor(objects: ObjectStore, tree: Digest) {
    this.#objects = objects;
    this.#root = { node: emptyNode(), entry: readRoot(objects, tree), up: undefined };
    this.#folders.set('', this.#root);
  }

  /** Adds a path: relative to the root of the tree, without `.`, `..` or empty components; '' is the root. */
  look(path: string, { uses, follow }: LookOptions): void {
    const slash = path.lastIndexOf('/');
    const folder =
      path === '' ? this.#root : this.#folder(slash === -1 ? '' : path.slice(0, slash));
    if (folder === undefined) return;
    const names = path === '' ? [] : [path.slice(slash + 1)];
    const node = this.#walk(folder, names, follow).last;
    if (node !== undefined) node.uses |= bitsOf(uses);
  }

  /** Keeps the set and returns the digest of its root object. */
  put(): Digest {
    return putReads(this.#objects, [{ name: '', ...this.#sealed(this.#root.node) }]);
  }

  #sealed({ uses, below }: Node): { uses: string; below: Digest | undefined } {
    if (below === undefined) return { uses: lettersOf(uses), below };
    const rows = [...below].map(([name, node]) => ({ name, ...this.#sealed(node) }));
    return { uses: lettersOf(uses), below: putReads(this.#objects, rows) };
  }

  #folder(path: string): Place | undefined {
    if (this.#folders.has(path)) return this.#folders.get(path);
    const slash = path.lastIndexOf('/');
    const above = this.#folder(slash === -1 ? '' : path.slice(0, slash));
    const place = above && this.#walk(above, [path.slice(slash + 1)], true).place;
    this.#folders.set(path, place);
    return place;
  }

  /**
   * Walks from `start`. `place` is where it ends, if anything is there; `last` the node of the last name that was
   * looked for, which may be missing; neither where the walk ends on the way.
   */
  #walk(start: Place, names: readonly string[], follow: boolean) {
    const pending = names.toReversed();
    let here = start;
    let links = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (here.entry.type !== 'dir') return {};
      if (name === '.') continue;
      if (name === '..') {
        here = here.up ?? here;
        continue;
      }
      const node = nodeBelow(here.node, name);
      const entry = childrenOf(this.#objects, here.entry).get(name);
      if (entry === undefined) return pending.length === 0 ? { last: node } : {};
      if (entry.type === 'symlink' && (follow || pending.length > 0)) {
        if (++links > MAX_LINKS) return {};
        const target = entry.link ?? '';
        if (target.startsWith('/')) here = this.#root;
        pending.push(...target.split('/').filter(Boolean).reverse());
        continue;
      }
      here = { node, entry, up: here };
    }
    return { place: here, last: here.node };
  }
}

function emptyNode(): Node {
  return { uses: 0, below: undefined };
}

function nodeBelow(node: Node, name: string): Node {
  node.below ??= new Map();
  let child = node.below.get(name);
  if (child === undefined) {
    child = emptyNode();
    node.below.set(name, child);
  }
  return child;
}

function bitsOf(uses: string): number {
  let bits = 0;
  for (const letter of uses) {
    const at = USES.indexOf(letter);
    if (at === -1) throw new Error(`no use of a path: ${JSON.stringify(letter)}`);
    bits |= 1 << at;
  }
  return bits;
}

function lettersOf(bits: number): string {
  return [...USES].filter((_, at) => (bits & (1 << at)) !== 0).join('');
}
