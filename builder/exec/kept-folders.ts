// The folders of layers as one build trusts them: those that it has made itself hold what was checked on the way
// in; of others every file is checked while it is read.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { errnoOf } from '../../core/errors.ts';
import type { FileContent } from '../../image/layer.ts';
import { checkContents } from './check-contents.ts';

export interface KeptFolders {
  /** Keeps a folder that holds the layer, made by this build. */
  publish(id: Digest, folder: string): Promise<void>;
  /** Whether this build has made the folder of the layer. */
  isTrusted(id: Digest): boolean;
  /** Yields `files`, read from the layer's folder. Throws E_STORE_CORRUPT, with the layer put aside. */
  check(id: Digest, files: AsyncIterable<FileContent>): AsyncIterable<FileContent>;
}

/** The layer folders of `store`; `temporary` makes a folder on the same file system. */
export function keptFolders(
  { layers }: Pick<Store, 'layers'>,
  temporary: () => Promise<string>,
): KeptFolders {
  const fresh = new Set<Digest>();
  const discard = async (id: Digest): Promise<void> => {
    const aside = join(await temporary(), 'damaged');
    await rename(layers.container(id), aside).catch((error: unknown) => {
      // Another build was first.
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  };
  return {
    async publish(id, folder) {
      if (await layers.publish(id, folder)) fresh.add(id);
    },
    isTrusted: (id) => fresh.has(id),
    check: (id, files) => (fresh.has(id) ? files : checkContents(files, () => discard(id))),
  };
}
