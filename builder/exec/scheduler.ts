// Runs a graph: each vertex as soon as everything that it uses is there, the ready ones in parallel.
// It knows no instruction. The first failure stops what has not begun and waits for what has.

import type { Graph, Vertex, VertexId } from '../plan/graph.ts';
import { verticesUsedBy } from '../plan/uses.ts';

/**
 * Calls `work` once for each vertex with the results of the vertices that it uses, at most `jobs` at a
 * time, and returns the result of the target. Throws the first failure.
 */
export async function runGraph<Result>(
  graph: Graph,
  jobs: number,
  work: (vertex: Vertex, results: ReadonlyMap<VertexId, Result>) => Promise<Result>,
): Promise<Result> {
  const results = new Map<VertexId, Result>();
  const waiting = new Set(graph.vertices);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const start = (vertex: Vertex): void => {
    waiting.delete(vertex);
    const job = work(vertex, results)
      .then(
        (result) => void results.set(vertex.id, result),
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => running.delete(job));
    running.add(job);
  };

  while (failure === undefined && !results.has(graph.target)) {
    for (const vertex of waiting) {
      if (running.size >= jobs) break;
      if (verticesUsedBy(vertex.op).every((id) => results.has(id))) start(vertex);
    }
    if (running.size === 0) throw new Error('the graph has a cycle, or no target');
    await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
  const target = results.get(graph.target);
  if (target === undefined) throw new Error('the target was not evaluated');
  return target;
}
