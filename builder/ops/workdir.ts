// WORKDIR: makes the directory, and its parents, where they are missing. They belong to the current
// USER, as in the reference.

import type { Digest } from '../../core/digest.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { resolveOwner } from '../copy/owner.ts';
import type { CopySource } from '../copy/source.ts';
import { imageView } from '../copy/view.ts';
import type { WorkdirSpec } from '../plan/graph.ts';
import type { Op } from './op.ts';

export interface WorkdirInputs {
  readonly objects: ObjectStore;
  readonly tree: Digest;
  /** The same tree as a source: for names in its passwd and group. */
  readonly image: CopySource;
}

/** Binds a WORKDIR to its input. */
export function workdirOp(spec: WorkdirSpec, { objects, tree, image }: WorkdirInputs): Op {
  return {
    async key() {
      return [
        ['op', 'workdir'],
        ['input tree', tree],
        ['path', spec.path],
        ['user', spec.user],
      ];
    },
    async run() {
      const view = imageView(objects, tree);
      const { path, isDirectory } = view.resolve(spec.path);
      if (!isDirectory) view.makeDirectory(path, 0o755, await resolveOwner(image, spec.user));
      return { entries: view.entries() };
    },
    // No file is made, so there are no bytes to be had.
    contents: async () => ({ async *read() {} }),
  };
}
