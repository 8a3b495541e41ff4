// Which records a step may take: what the caller asked for, and what its author says above it.

import type { Bypass } from '../../core/step-reason.ts';
import type { BuildOptions, CachePolicy } from '../options.ts';
import type { Vertex } from '../plan/graph.ts';

export interface Reuse {
  readonly policy: CachePolicy;
  /** Why no record is taken; what is made is recorded all the same. */
  readonly bypass: Bypass | undefined;
  /** How old a record may be, in milliseconds. */
  readonly ttl: number | undefined;
}

type ReuseOptions = Pick<BuildOptions, 'noCache' | 'noCacheStages' | 'cachePolicy' | 'cacheTtl'>;

/** What `options` and the comment above it come to for a vertex. The stricter of the two holds, and the shorter time. */
export function reuseOf(options: ReuseOptions, { op, stage }: Pick<Vertex, 'op' | 'stage'>): Reuse {
  const { mode, ttl } = (op.kind === 'run' ? op.cache : undefined) ?? {};
  const asked = [options.cachePolicy ?? 'auto', mode];
  const policy = (['strict', 'traced'] as const).find((each) => asked.includes(each)) ?? 'auto';
  const ttls =
    op.kind === 'run' ? [options.cacheTtl, ttl].filter((each) => each !== undefined) : [];
  return {
    policy,
    bypass: bypassOf(options, stage, mode === 'none'),
    // Any other op asks for what it takes at every build, or makes the same of the same for ever.
    ttl: ttls.length === 0 ? undefined : Math.min(...ttls),
  };
}

function bypassOf(
  options: ReuseOptions,
  stage: string | undefined,
  never: boolean,
): Bypass | undefined {
  if (never) return 'cache=none';
  if (options.noCache) return '--no-cache';
  const isNamed = options.noCacheStages?.some((name) => name.toLowerCase() === stage) ?? false;
  return isNamed ? '--no-cache-filter' : undefined;
}
