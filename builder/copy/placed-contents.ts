// The bytes of a layer that was placed from one or several sources.

import type { LayerContents } from '../../image/layer.ts';
import type { Origin } from './place.ts';
import { weave } from './weave.ts';

/** Contents of a layer whose files' places are in `origins`, by path in the layer. */
export function placedContents(origins: ReadonlyMap<string, Origin>): LayerContents {
  return {
    read(files) {
      const wanted = files.map((entry) => {
        const origin = origins.get(entry.path);
        if (origin === undefined) throw new Error(`nothing was placed at ${entry.path}`);
        return { source: origin.source, file: { path: origin.path, entry }, entry };
      });
      return weave(wanted, (source, list) => source.read(list));
    },
  };
}
