// WORKDIR: makes the directory, and its parents, where they are missing. They belong to the current
// USER, as in the reference.

import type { Digest } from '../../core/digest.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { type FoundOwner, ownerNote, resolveOwner } from '../copy/owner.ts';
import type { CopySource } from '../copy/source.ts';
import { TreeSight } from '../copy/tree-sight.ts';
import { ImageView } from '../copy/view.ts';
import type { WorkdirSpec } from '../plan/graph.ts';
import type { Op } from './op.ts';

export interface WorkdirInputs {
  readonly objects: ObjectStore;
  readonly tree: Digest;
  /** The same tree as a source: for names in its passwd and group. */
  readonly image: CopySource;
  readonly spool: Spool;
}

/** Binds a WORKDIR to its input. */
export function workdirOp(spec: WorkdirSpec, { objects, tree, image, spool }: WorkdirInputs): Op {
  let made: Promise<Made> | undefined;
  const make = (): Promise<Made> => {
    made ??= makeWorkdir(spec, new TreeSight(objects, tree), { image, spool });
    return made;
  };
  const own = [
    ['op', 'workdir'],
    ['path', spec.path],
    ['user', spec.user],
  ] as const;
  return {
    key: async () => [...own, ['input tree', tree]],
    async keyOnAnyInput() {
      const { seen, found } = await make();
      const ids = found === undefined ? '' : `${found.owner.uid}:${found.owner.gid}`;
      return [...own, ['owner', ids], ['what it touches', seen]];
    },
    async run(step) {
      const { entries, found } = await make();
      const note = found && ownerNote(spec.user, found);
      if (note !== undefined) step.log('stderr', note);
      return { entries };
    },
    // No file is made, so there are no bytes to be had.
    contents: async () => ({ async *read() {} }),
  };
}

interface Made {
  readonly entries: Iterable<Entry>;
  readonly seen: Digest;
  /** Undefined where none was needed. */
  readonly found: FoundOwner | undefined;
}

async function makeWorkdir(
  spec: WorkdirSpec,
  sight: TreeSight,
  { image, spool }: Pick<WorkdirInputs, 'image' | 'spool'>,
): Promise<Made> {
  const view = new ImageView(sight, spool);
  const { path, isDirectory } = view.resolve(spec.path);
  const found = isDirectory ? undefined : await resolveOwner(image, spec.user);
  if (found !== undefined) view.makeDirectory(path, 0o755, found.owner);
  const entries = view.entries();
  return { entries, seen: sight.digest(), found };
}
