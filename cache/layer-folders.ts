// Unpacked layers: `layers/<layer id>/fs`, in the form that overlayfs stacks (a whiteout is a
// character device 0:0, an opaque directory carries user.overlay.opaque), or `fs-recorded`, where files
// belong to one user and say of themselves whose they are (rung single-id), or `fs-contents`, which has no
// removals: these are in the list of entries (rung chroot). None is ever read as another. A folder that is there is whole: it is filled elsewhere and comes here by rename.

import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, parseDigest } from '../core/digest.ts';
import { errnoOf } from '../core/errors.ts';

/** The name of the folder to stack, by whom its files belong to. */
export type LayerForm = 'fs' | 'fs-recorded' | 'fs-contents';

export interface LayerFolders {
  /** The folder to stack, whether or not it is there. */
  path(layer: Digest, form?: LayerForm): string;
  has(layer: Digest, form?: LayerForm): boolean;
  /**
   * Makes `folder` (which holds the layer in one form, on the same file system) the layer's folder, or
   * adds the form to those it has. Where another process was first its folder stays, and false says
   * that `folder` is still there.
   */
  publish(layer: Digest, folder: string): Promise<boolean>;
  /** The folder that holds all forms: what to hand to the runner to remove a layer. */
  container(layer: Digest): string;
  list(): Promise<Digest[]>;
}

/** The layer folders under `root`. */
export function layerFolders(root: string): LayerFolders {
  const container = (layer: Digest): string => join(root, hexOf(layer));
  const path = (layer: Digest, form: LayerForm = 'fs'): string => join(container(layer), form);
  return {
    path,
    container,
    has: (layer, form) => existsSync(path(layer, form)),
    async publish(layer, folder) {
      await mkdir(root, { recursive: true });
      try {
        await rename(folder, container(layer));
        return true;
      } catch (error) {
        if (!isTaken(error)) throw error;
        return addForm(folder, container(layer));
      }
    },
    async list() {
      const names = await readdir(root);
      return names.flatMap((name) => parseDigest(`sha256:${name}`) ?? []);
    },
  };
}

/** Moves the one form in `folder` beside those of `container`; false where it is there already. */
async function addForm(folder: string, container: string): Promise<boolean> {
  const [form] = await readdir(folder);
  if (form === undefined) return false;
  try {
    await rename(join(folder, form), join(container, form));
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

function isTaken(error: unknown): boolean {
  return errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST';
}
