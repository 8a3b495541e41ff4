// From the Dockerfile's text to a graph: parses, then plans again and again until every base image
// that the target needs has been found. No layer is read here.

import type { Store } from '../cache/store.ts';
import { BuildError, isBuildError, withSpan } from '../core/errors.ts';
import { Problems } from '../core/problems.ts';
import { type ParseResult, parseWithErrors } from '../grammar/parse.ts';
import { openLayout } from '../image/layout/read.ts';
import { type LocalStore, openLocalStore } from '../image/local-store.ts';
import type { ImageConfig } from '../image/model.ts';
import { resolveImage } from '../image/open-image.ts';
import { parseReference } from '../image/reference.ts';
import type { ImageSource, ResolvedImage } from '../image/source.ts';
import type { BuildEnvironment } from './environment.ts';
import { emitFindings } from './lint/build-findings.ts';
import { checkSettings } from './lint/settings.ts';
import type { BuildOptions } from './options.ts';
import type { Graph } from './plan/graph.ts';
import { type NeededImage, plan } from './plan/plan.ts';
import type { PlanOptions } from './plan/plan-options.ts';
import { withEpoch } from './plan/stages/source-date-epoch.ts';
import { registriesOf } from './registry.ts';
import type { RemoteSource } from './remote/remote-source.ts';
import { warnOfUnusedArgs } from './unused-build-args.ts';

/** The time of a commit or a file, in seconds since the epoch; undefined where it has none. */
export type TimeOf = (source: RemoteSource) => Promise<number | undefined>;

export interface PlannedBuild {
  readonly graph: Graph;
  /** The images of the graph's base vertices, by key. */
  readonly images: ReadonlyMap<string, ResolvedImage>;
}

/**
 * Plans the build of `options.target`, and emits what lint finds and which arguments nothing takes, whether planning
 * succeeds or not.
 * Throws the Dockerfile's errors with their place, E_LINT, E_USAGE, and what finding images throws.
 */
export async function planBuild(
  store: Store,
  options: BuildOptions,
  environment: BuildEnvironment,
  timeOf: TimeOf,
): Promise<PlannedBuild> {
  const parsed = parseWithErrors(options.dockerfile);
  checkSettings(parsed.ast, options.buildArgs);
  const configs = new Map<string, ImageConfig>();
  const emit = () => emitFindings(parsed, options, configs, environment.events);
  const inputs = { store, parsed, options, configs, environment, timeOf };
  const planned = await planWithImages(inputs).catch((error) => {
    emit();
    throw error;
  });
  warnOfUnusedArgs(parsed.ast, options.buildArgs, configs, environment.events);
  const error = emit();
  if (error !== undefined) throw error;
  return planned;
}

interface PlanInputs {
  readonly store: Store;
  readonly parsed: ParseResult;
  readonly options: BuildOptions;
  /** Filled with what is found. */
  readonly configs: Map<string, ImageConfig>;
  readonly environment: BuildEnvironment;
  readonly timeOf: TimeOf;
}

async function planWithImages(inputs: PlanInputs): Promise<PlannedBuild> {
  const { store, parsed, options, configs, environment, timeOf } = inputs;
  const images = new Map<string, ResolvedImage>();
  let planOptions: PlanOptions = options;
  for (;;) {
    const planned = plan(parsed, planOptions, configs);
    if (planned.kind === 'planned') return { graph: planned.graph, images };
    if (planned.kind === 'needs epoch') {
      planOptions = withEpoch(planOptions, await timeOf(planned.source));
      continue;
    }
    await inFull(
      planned.images.map(async (needed) => {
        const image = await find(store, options, environment, needed);
        images.set(needed.key, image);
        configs.set(needed.key, image.config);
      }),
    );
  }
}

/** Waits for all; what the user can mend is thrown together, anything else at once. */
async function inFull(work: readonly Promise<void>[]): Promise<void> {
  const problems = new Problems();
  const settled = work.map((each) =>
    each.catch((error: unknown) => {
      if (!isBuildError(error) || error.code === 'E_CANCELLED') throw error;
      problems.add(error);
    }),
  );
  await Promise.all(settled);
  problems.throwIfAny();
}

const LAYOUT_PREFIX = 'oci-layout://';

async function find(
  store: Store,
  options: BuildOptions,
  environment: BuildEnvironment,
  { reference, platform, span, near }: NeededImage,
): Promise<ResolvedImage> {
  try {
    if (reference.startsWith(LAYOUT_PREFIX)) {
      const { path, name } = splitLayout(reference.slice(LAYOUT_PREFIX.length));
      return await (await openLayout(path)).resolve(name, platform);
    }
    const local = openLocalStore(store.ociDir, store.blobs);
    const registry = pulledInto(local, registriesOf(environment), environment);
    return await resolveImage(reference, platform, { local, registry, pull: options.pull });
  } catch (error) {
    throw withSpan(withNearStage(error, near()), span);
  }
}

/** An image that cannot be had may have been meant to be a stage. */
function withNearStage(error: unknown, near: string | undefined): unknown {
  if (near === undefined || !isBuildError(error) || error.code === 'E_CANCELLED') return error;
  const { code, message, cause } = error;
  const hint = [`Did you mean the stage ${near}?`, error.hint].filter(Boolean).join(' ');
  return new BuildError(code, message, { ...error, cause, hint });
}

/** A registry whose images come into the local store under their names, so that the next build needs no network. */
function pulledInto(
  local: LocalStore,
  registry: ImageSource,
  { events }: BuildEnvironment,
): ImageSource {
  return {
    async resolve(name, platform) {
      const image = await registry.resolve(name, platform);
      events({
        event: 'choice',
        subject: 'base image',
        chosen: name,
        why: 'pulled from its registry',
      });
      // A name that is a digest needs no entry of that name: the digest itself is looked up.
      await local.write(image, parseReference(name).digest === undefined ? [name] : []);
      return local.resolve(image.manifest.digest, platform);
    },
  };
}

/** `path`, `path:tag` or `path@digest`. */
function splitLayout(text: string): { readonly path: string; readonly name: string } {
  const at = text.lastIndexOf('@');
  if (at !== -1) return { path: text.slice(0, at), name: text.slice(at + 1) };
  const colon = text.lastIndexOf(':');
  if (colon > text.lastIndexOf('/'))
    return { path: text.slice(0, colon), name: text.slice(colon + 1) };
  return { path: text, name: '' };
}
