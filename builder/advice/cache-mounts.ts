// What a package manager keeps for the next time is of no use in a layer: in a cache mount it is there the next time, and
// the image is smaller. Advised where the layer really has it.

import type { StepRecord } from '../history/build-record.ts';
import type { Advice } from './advice.ts';
import { type BuildFacts, called } from './build-facts.ts';

/** Where programs keep what they fetched, below a home folder or at a place of their own. */
const CACHES: readonly (readonly [folder: RegExp, program: string])[] = [
  [/^(?:root|home\/[^/]+)\/\.npm\/_cacache$/, 'npm'],
  [
    /^(?:root|home\/[^/]+)\/\.cache\/(?:pip|uv|pypoetry|yarn|go-build|composer|ms-playwright|Cypress)$/,
    'its cache',
  ],
  [/^(?:root|home\/[^/]+)\/\.local\/share\/pnpm\/store$/, 'pnpm'],
  [/^usr\/local\/share\/\.cache\/yarn$/, 'yarn'],
  [/^(?:usr\/local|root|home\/[^/]+)\/(?:\.)?cargo\/registry$/, 'cargo'],
  [/^(?:go|root\/go)\/pkg\/mod\/cache$/, 'go'],
  [/^(?:root|home\/[^/]+)\/\.(?:m2\/repository|gradle\/caches)$/, 'its cache'],
  [/^var\/cache\/apt\/archives$/, 'apt'],
];

/** Less is not worth a line in the Dockerfile. */
const WORTH_BYTES = 1_000_000;

/** Advises cache mounts for what is in layers and should be in none. */
export function adviseCacheMounts(facts: BuildFacts): Advice[] {
  return facts.build.steps.flatMap((step) =>
    step.kind === 'run'
      ? [...cachesIn(facts, step)].map((cache) => adviceFor(facts, step, cache))
      : [],
  );
}

interface Cache {
  readonly folder: string;
  readonly program: string;
  readonly bytes: number;
}

function* cachesIn(facts: BuildFacts, step: StepRecord): Generator<Cache> {
  const found = new Map<string, { program: string; bytes: number }>();
  for (const list of facts.layers(step) ?? []) {
    for (const { path, type, size } of list) {
      const program =
        type === 'dir' ? CACHES.find(([folder]) => folder.test(path))?.[1] : undefined;
      if (program !== undefined) found.set(path, { program, bytes: 0 });
      if (type !== 'file') continue;
      for (const [folder, cache] of found) if (path.startsWith(`${folder}/`)) cache.bytes += size;
    }
  }
  for (const [folder, { program, bytes }] of found) {
    if (bytes >= WORTH_BYTES) yield { folder, program, bytes };
  }
}

function adviceFor(facts: BuildFacts, step: StepRecord, { folder, program, bytes }: Cache): Advice {
  const runs = facts.runsOf(step);
  const whose =
    program === 'its cache'
      ? 'what was fetched or made for the next time'
      : `what ${program} fetched`;
  return {
    kind: 'cache-mount',
    place: step.place,
    step: step.step,
    what: `give ${called(step)} --mount=type=cache,target=/${folder}`,
    why: `${whose} is in the layer, where the next run does not find it`,
    times: runs.length,
    // How much of a run the cache would have spared is not known.
    savedMs: 0,
    savedBytes: bytes,
  };
}
