// Unpacked layers: `layers/<layer id>/fs`, in the form that overlayfs stacks (a whiteout is a
// character device 0:0, an opaque directory carries user.overlay.opaque). A folder that is there is
// whole: it is filled elsewhere and comes here by rename.

import { access, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf, parseDigest } from '../core/digest.ts';
import { errnoOf } from '../core/errors.ts';

export interface LayerFolders {
  /** The folder to stack, whether or not it is there. */
  path(layer: Digest): string;
  has(layer: Digest): Promise<boolean>;
  /**
   * Makes `folder` (which holds `fs/`, on the same file system) the layer's folder. Where another
   * process was first its folder stays, and false says that `folder` is still there.
   */
  publish(layer: Digest, folder: string): Promise<boolean>;
  /** The folder that holds `fs/`: what to hand to the runner to remove a layer. */
  container(layer: Digest): string;
  list(): Promise<Digest[]>;
}

/** The layer folders under `root`. */
export function layerFolders(root: string): LayerFolders {
  const container = (layer: Digest): string => join(root, hexOf(layer));
  const path = (layer: Digest): string => join(container(layer), 'fs');
  return {
    path,
    container,
    async has(layer) {
      try {
        await access(path(layer));
        return true;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
    async publish(layer, folder) {
      await mkdir(root, { recursive: true });
      try {
        await rename(folder, container(layer));
        return true;
      } catch (error) {
        if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false;
        throw error;
      }
    },
    async list() {
      const names = await readdir(root);
      return names.flatMap((name) => parseDigest(`sha256:${name}`) ?? []);
    },
  };
}
