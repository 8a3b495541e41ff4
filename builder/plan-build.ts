// From the Dockerfile's text to a graph: parses, then plans again and again until every base image
// that the target needs has been found. No layer is read here.

import type { Store } from '../cache/store.ts';
import { withSpan } from '../core/errors.ts';
import { parse } from '../grammar/parse.ts';
import { openLayout } from '../image/layout/read.ts';
import { type LocalStore, openLocalStore } from '../image/local-store.ts';
import type { ImageConfig } from '../image/model.ts';
import { resolveImage } from '../image/open-image.ts';
import { parseReference } from '../image/reference.ts';
import type { ImageSource, ResolvedImage } from '../image/source.ts';
import type { BuildEnvironment } from './environment.ts';
import type { BuildOptions } from './options.ts';
import type { Graph } from './plan/graph.ts';
import { type NeededImage, plan } from './plan/plan.ts';
import { registriesOf } from './registry.ts';

export interface PlannedBuild {
  readonly graph: Graph;
  /** The images of the graph's base vertices, by key. */
  readonly images: ReadonlyMap<string, ResolvedImage>;
}

/** Plans the build of `options.target`. Throws the Dockerfile's errors with their place, and what finding images throws. */
export async function planBuild(
  store: Store,
  options: BuildOptions,
  environment: BuildEnvironment,
): Promise<PlannedBuild> {
  const ast = parse(options.dockerfile);
  const images = new Map<string, ResolvedImage>();
  const configs = new Map<string, ImageConfig>();
  for (;;) {
    const planned = plan(ast, options, configs);
    if (planned.kind === 'planned') {
      for (const warning of planned.warnings) environment.events(warning);
      return { graph: planned.graph, images };
    }
    await Promise.all(
      planned.images.map(async (needed) => {
        const image = await find(store, options, environment, needed);
        images.set(needed.key, image);
        configs.set(needed.key, image.config);
      }),
    );
  }
}

const LAYOUT_PREFIX = 'oci-layout://';

async function find(
  store: Store,
  options: BuildOptions,
  environment: BuildEnvironment,
  { reference, platform, span }: NeededImage,
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
    throw withSpan(error, span);
  }
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
