// The bytes of a layer that was placed from one or several sources.

import type { LayerContents } from '../../image/layer.ts';
import type { Origin } from './place.ts';
import { weave } from './weave.ts';

/** Contents of a layer whose files' places are in `origins`, by path in the layer; they are asked for when a file is. */
export function placedContents(origins: () => Promise<ReadonlyMap<string, Origin>>): LayerContents {
  return {
    async *read(files) {
      const known = await origins();
      const wanted = files.map((entry) => {
        const origin = known.get(entry.path);
        if (origin === undefined) throw new Error(`nothing was placed at ${entry.path}`);
        return { source: origin.source, file: { path: origin.path, entry }, entry };
      });
      yield* weave(wanted, (source, list) => source.read(list));
    },
  };
}
