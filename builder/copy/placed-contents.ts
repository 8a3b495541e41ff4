// The bytes of a layer that was placed from one or several sources.

import type { LayerContents, PlaceOf } from '../../image/layer.ts';
import type { ContentSource, Origin } from './origin.ts';
import type { SourceFile } from './source.ts';
import { weave } from './weave.ts';

/** Where what was placed comes from. */
export interface Placed {
  readonly sources: ReadonlySet<ContentSource>;
  originOf(path: string): Origin | undefined;
}

/** Contents of a layer; `placed` is asked for when a file is. */
export function placedContents(placed: () => Promise<Placed>): LayerContents {
  return {
    async *read(files) {
      const known = await placed();
      const wanted = files.map((entry) => {
        const { source, path } = originIn(known, entry.path);
        return { source, file: { path, entry }, entry };
      });
      yield* weave(wanted, (source, list) => source.read(list));
    },
    async places() {
      const known = await placed();
      const places = new Map<ContentSource, PlaceOf<SourceFile> | undefined>();
      for (const source of known.sources) places.set(source, await source.places?.());
      return (entry) => {
        const { source, path } = originIn(known, entry.path);
        return places.get(source)?.({ path, entry });
      };
    },
  };
}

function originIn(placed: Placed, path: string): Origin {
  const origin = placed.originOf(path);
  if (origin === undefined) throw new Error(`nothing was placed at ${path}`);
  return origin;
}
