// Who brought what: of the steps of one build that are done, which one made a path what it is. Only asked where a reason
// names paths, so nothing is looked up for a step that is reused as it was. Lists of layers are read, never the disk.

import { posix } from 'node:path';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { PathOrigin } from '../../core/path-origin.ts';
import { positionAt, type Span } from '../../core/source.ts';
import type { StepReason } from '../../core/step-reason.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerList } from '../../image/layer-list.ts';
import { parentOf } from '../../image/tree/layer-paths.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import type { Op } from '../ops/op.ts';
import type { SourceRef, Vertex, VertexId } from '../plan/graph.ts';

/** Of so many paths of a reason it is told who brought them. */
const TOLD = 5;

interface DoneStep {
  readonly vertex: Vertex;
  /** The layers that it added, bottom first. */
  readonly layers: readonly Digest[];
  readonly op: Op | undefined;
  /** Paths that are gone from what was copied. */
  readonly removed: ReadonlySet<string>;
}

export class PathOrigins {
  readonly #objects: ObjectStore;
  readonly #done = new Map<VertexId, DoneStep>();
  readonly #lists = new Map<Digest, LayerList | undefined>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** Notes a step that is done. */
  note(vertex: Vertex, layers: readonly Digest[], op?: Op, cause?: StepReason): void {
    const files =
      cause?.kind === 'parts' ? cause.changes.flatMap(({ files }) => files?.paths ?? []) : [];
    const removed = files.flatMap(({ kind, path }) => (kind === 'removed' ? [path] : []));
    const isCopy = vertex.op.kind === 'copy';
    this.#done.set(vertex.id, { vertex, layers, op, removed: new Set(isCopy ? removed : []) });
  }

  /** Who brought the first paths that `cause` names; `layers` and `op` are the step's own. A reason is worth no failure: what is damaged is left out. */
  async ofReason(
    vertex: Vertex,
    layers: readonly Digest[],
    op: Op,
    cause: StepReason,
  ): Promise<readonly PathOrigin[]> {
    try {
      return await this.#ofReason({ vertex, layers, op, removed: new Set() }, cause);
    } catch (error) {
      if (isBuildError(error)) return [];
      throw error;
    }
  }

  async #ofReason(own: DoneStep, cause: StepReason): Promise<readonly PathOrigin[]> {
    const found: PathOrigin[] = [];
    const { op } = own.vertex;
    for (const { path, isOwn } of pathsOf(cause).slice(0, TOLD)) {
      const origin = isOwn
        ? await this.#copied(own, path, this.#entryOf(own, path))
        : 'input' in op
          ? await this.#find(op.input, path)
          : undefined;
      if (origin !== undefined) found.push(origin);
    }
    return found;
  }

  async #find(from: VertexId, path: string): Promise<PathOrigin | undefined> {
    for (let id: VertexId | undefined = from; id !== undefined; ) {
      const step = this.#done.get(id);
      if (step === undefined) return undefined;
      const entry = this.#entryOf(step, path);
      if (entry !== undefined) return this.#broughtBy(step, path, entry);
      if (step.removed.has(path)) return { path, how: 'removed', ...told(step.vertex) };
      id = 'input' in step.vertex.op ? step.vertex.op.input : undefined;
    }
    return undefined;
  }

  async #broughtBy(step: DoneStep, path: string, entry: Entry): Promise<PathOrigin> {
    const { vertex } = step;
    if (entry.type === 'whiteout') return { path, how: 'removed', ...told(vertex) };
    if (vertex.op.kind === 'base') return { path, how: 'base', ...told(vertex) };
    return vertex.op.kind === 'copy'
      ? this.#copied(step, path, entry)
      : { path, how: 'written', ...told(vertex) };
  }

  /** `entry` is what the step put at the path; undefined where nothing is there any more. */
  async #copied(
    { vertex, op }: DoneStep,
    path: string,
    entry: Entry | undefined,
  ): Promise<PathOrigin> {
    const origin = { path, how: 'copied', ...told(vertex) } as const;
    if (entry?.type !== 'file' && entry?.type !== 'hardlink') return origin;
    const at = await op?.sourceOf?.(path).catch(() => undefined);
    if (at === undefined || vertex.op.kind !== 'copy') return origin;
    const { from } = vertex.op;
    const before = from.kind === 'vertex' ? await this.#find(from.vertex, at) : undefined;
    return { ...origin, from: { ...this.#source(from, at), before } };
  }

  #source(from: SourceRef, path: string): { readonly source: string; readonly path: string } {
    if (from.kind === 'context') {
      return { source: from.name === undefined ? 'the context' : `the context ${from.name}`, path };
    }
    const step = this.#done.get(from.vertex)?.vertex;
    // `[build 5/7] RUN make`: the stage is called build.
    const stage = /^\[(\S+) \d/.exec(step?.name ?? '')?.[1];
    const source = step?.op.kind === 'base' ? 'the image' : 'the stage';
    return { source: stage === undefined ? source : `the stage ${stage}`, path: `/${path}` };
  }

  /** What the step's own layers say of a path; a folder that was removed above it counts. */
  #entryOf({ layers }: DoneStep, path: string): Entry | undefined {
    for (const id of layers.toReversed()) {
      const list = this.#list(id);
      const entry = list?.find(path);
      if (entry !== undefined) return entry;
      for (let above = parentOf(path); above; above = parentOf(above)) {
        const found = list?.find(above);
        if (found?.type === 'whiteout') return found;
      }
    }
    return undefined;
  }

  #list(id: Digest): LayerList | undefined {
    if (!this.#lists.has(id)) this.#lists.set(id, LayerList.open(this.#objects, id));
    return this.#lists.get(id);
  }
}

/** Paths that a reason names: of what the step was run on, or (own) of what it copied. */
function pathsOf(cause: StepReason): { readonly path: string; readonly isOwn: boolean }[] {
  const input = (path: string) => ({ path, isOwn: false });
  switch (cause.kind) {
    case 'parts':
      return cause.changes.flatMap(({ name, files }) =>
        (files?.paths ?? []).map(({ path }) => ({ path, isOwn: name === 'sources' })),
      );
    case 'read':
      return cause.changes.map((change) =>
        input(change.what === 'path' ? change.change.path : change.path),
      );
    case 'unread':
      return cause.ignored.paths.map(({ path }) => input(path));
    default:
      return [];
  }
}

function told({ name, span }: Vertex): Pick<PathOrigin, 'step' | 'place'> {
  return { step: name, place: span && lineOf(span) };
}

/** `Dockerfile:7`: a build has one Dockerfile, and where that is, is said once. */
export function lineOf(span: Span): string {
  return `${posix.basename(span.source.name)}:${positionAt(span.source, span.start).line}`;
}
