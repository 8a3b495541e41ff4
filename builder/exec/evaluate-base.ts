// FROM, as a step of the build: the snapshot of its image, and the events that tell of it.

import { withSpan } from '../../core/errors.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { baseSnapshot } from '../ops/base.ts';
import type { Vertex } from '../plan/graph.ts';
import type { EvaluateContext, Evaluated } from './evaluate.ts';

/** Evaluates a FROM; `images` are those that were found, by key. Throws what reading the image throws, with the vertex's place. */
export async function evaluateBase(
  { store, layers, events, origins }: EvaluateContext,
  vertex: Vertex,
  images: ReadonlyMap<string, ResolvedImage>,
): Promise<Evaluated> {
  const { id, name: step, span, op } = vertex;
  const started = performance.now();
  const ended = () => Math.round(performance.now() - started);
  events({ event: 'step-start', id, step });
  const image = op.kind === 'base' ? op.image : undefined;
  const resolved = image === undefined ? undefined : images.get(image);
  const { snapshot, known } = await baseSnapshot(store, layers, resolved).catch((error) => {
    const reason = error instanceof Error ? error.message : String(error);
    events({ event: 'step', id, step, status: 'failed', reason, ms: ended() });
    throw withSpan(error, span);
  });
  const seen = known ? 'the image was read before' : 'the image is new here';
  const reason = resolved === undefined ? 'scratch is always empty' : seen;
  events({ event: 'step', id, step, status: known ? 'exact' : 'ran', reason, ms: ended() });
  origins.note(
    vertex,
    snapshot.layers.map((layer) => layer.id),
  );
  return { snapshot, created: 0 };
}
