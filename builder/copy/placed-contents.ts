// The bytes of a layer that was placed from one or several sources.

import type { LayerContents } from '../../image/layer.ts';
import type { Origin } from './origin.ts';
import { weave } from './weave.ts';

/** Contents of a layer; `placed` tells where the file at a path has its bytes, and is asked for when a file is. */
export function placedContents(
  placed: () => Promise<{ originOf(path: string): Origin | undefined }>,
): LayerContents {
  return {
    async *read(files) {
      const known = await placed();
      const wanted = files.map((entry) => {
        const origin = known.originOf(entry.path);
        if (origin === undefined) throw new Error(`nothing was placed at ${entry.path}`);
        return { source: origin.source, file: { path: origin.path, entry }, entry };
      });
      yield* weave(wanted, (source, list) => source.read(list));
    },
  };
}
