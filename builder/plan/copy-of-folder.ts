// FROM a named context that is a folder.

import type { CopySpec, VertexId } from './graph.ts';

/** A stage on a folder starts as a copy of all of it. */
export function copyOfFolder(name: string, input: VertexId): CopySpec {
  return {
    kind: 'copy',
    input,
    instruction: 'COPY',
    from: { kind: 'context', name },
    sources: ['.'],
    fetched: [],
    inline: [],
    destination: '/',
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
  };
}
