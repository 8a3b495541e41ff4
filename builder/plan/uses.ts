// Which vertices an op starts from: the edges of the graph.

import type { MountSpec, OpSpec, SourceRef, VertexId } from './graph.ts';

/** The vertices whose snapshots the op needs, its input first. */
export function verticesUsedBy(op: OpSpec): readonly VertexId[] {
  switch (op.kind) {
    case 'base':
    case 'fetch':
      return [];
    case 'workdir':
      return [op.input];
    case 'copy':
      return [op.input, ...vertexOf(op.from), ...op.fetched.map(({ vertex }) => vertex)];
    case 'run':
      return [op.input, ...op.mounts.flatMap(mountVertices)];
  }
}

function mountVertices(mount: MountSpec): readonly VertexId[] {
  if (mount.type === 'bind') return vertexOf(mount.source);
  return mount.type === 'cache' && mount.from !== undefined ? vertexOf(mount.from) : [];
}

function vertexOf(ref: SourceRef): readonly VertexId[] {
  return ref.kind === 'vertex' ? [ref.vertex] : [];
}
