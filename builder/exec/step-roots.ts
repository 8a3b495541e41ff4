// The roots of steps where nothing can be mounted (rung chroot): real folders, each with what a tree has. A
// step takes over the folder of the step before it, and only what sets the trees apart is written; a folder is
// built anew where there is none to take.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { diffTrees } from '../../image/tree/diff-trees.ts';
import { treeSource } from '../copy/tree-source.ts';
import type { Snapshot } from '../snapshot.ts';
import { keepLayer } from './keep-layer.ts';
import { layOut } from './lay-out.ts';
import type { Isolation } from './runner.ts';
import { makeSandboxFolders } from './sandbox-folders.ts';

/** A folder, and what is in it. */
interface KeptRoot {
  readonly path: string;
  readonly tree: Digest;
  readonly layers: readonly Digest[];
}

const WHOLE = { path: '', isDirectory: true };

/** The roots of one build. They are removed with its temporaries. */
export class StepRoots {
  readonly #objects: Store['objects'];
  readonly #temporary: () => Promise<string>;
  #kept: KeptRoot[] = [];

  constructor(objects: Store['objects'], temporary: () => Promise<string>) {
    this.#objects = objects;
    this.#temporary = temporary;
  }

  /** Returns a folder that holds `input`, and belongs to the caller. */
  async take(isolation: Isolation, input: Snapshot): Promise<string> {
    const kept = this.#takeKept(input);
    const path = kept?.path ?? (await this.#makeFolder());
    await this.#update(isolation, path, kept, input);
    await makeSandboxFolders(isolation, this.#objects, input.tree, path);
    return path;
  }

  /** Gives a folder back after a step that has changed it from `input` by `entries`, and otherwise left it as it was. */
  async keep(path: string, input: Snapshot, entries: Iterable<Entry>): Promise<void> {
    const { layer, tree } = await keepLayer({ objects: this.#objects }, input.tree, entries);
    this.#kept.push({ path, tree, layers: [...input.layers.map(({ id }) => id), layer] });
  }

  /** The one with most of the layers of `input`, and no others: no other step can want that one more. */
  #takeKept({ layers }: Snapshot): KeptRoot | undefined {
    const fits = (root: KeptRoot): boolean =>
      root.layers.every((id, index) => layers[index]?.id === id);
    const [best] = this.#kept.filter(fits).sort((a, b) => b.layers.length - a.layers.length);
    this.#kept = this.#kept.filter((root) => root !== best);
    return best;
  }

  async #makeFolder(): Promise<string> {
    const path = join(await this.#temporary(), 'root');
    mkdirSync(path);
    return path;
  }

  async #update(
    isolation: Isolation,
    path: string,
    kept: KeptRoot | undefined,
    input: Snapshot,
  ): Promise<void> {
    const source = treeSource(this.#objects, 'the image', input);
    if (kept === undefined) return layOut(isolation, { source, node: WHOLE, into: path });
    const removed: string[] = [];
    const changed = new Set<string>();
    for (const change of diffTrees(this.#objects, kept.tree, input.tree)) {
      const stays = change.kind !== 'removed';
      if (stays) changed.add(change.path);
      // Metadata of a folder can be set; anything else is made anew.
      const isFolder = stays && change.kind === 'changed' && change.before.type === 'dir';
      if (!stays || (change.kind === 'changed' && !(isFolder && change.after.type === 'dir'))) {
        removed.push(change.path);
      }
    }
    if (removed.length === 0 && changed.size === 0) return;
    const only = withFolders([...changed, ...removed]);
    await layOut(isolation, { source, node: WHOLE, into: path, removed, only });
  }
}

/** The paths, and the folders that they are in: what is made in a folder changes its time. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>(['']);
  for (const path of paths) {
    for (
      let at = path;
      at !== '' && !all.has(at);
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')))
    )
      all.add(at);
  }
  return all;
}
