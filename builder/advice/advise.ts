// Advice on a Dockerfile, from what its past builds did and read.

import type { Store } from '../../cache/store.ts';
import type { BuildRecord } from '../history/build-record.ts';
import { findBuild } from '../history/find-build.ts';
import { listBuilds } from '../history/history-store.ts';
import type { Advice } from './advice.ts';
import { BuildFacts } from './build-facts.ts';
import { adviseCacheMounts } from './cache-mounts.ts';
import { adviseIgnores } from './ignore-files.ts';
import { adviseMoves } from './move-run.ts';
import { adviseNarrower } from './narrow-copy.ts';

export interface Advised {
  /** The build that the places are of. */
  readonly build: BuildRecord;
  /** How many kept builds are of the same Dockerfile, context and target. */
  readonly builds: number;
  /** What saves most first. */
  readonly advice: readonly Advice[];
}

/** Less is not worth an edit. */
const WORTH_MS = 500;

/** Advises on the Dockerfile of the last build, or of the one that `word` names. Throws E_BUILD_NOT_FOUND, E_TREE_MISSING. */
export function advise(store: Store, word: string | undefined): Advised {
  const build = findBuild(store.home, word);
  const older = [...listBuilds(store.home)].filter(
    ({ id, dockerfile, context, target }) =>
      id < build.id &&
      dockerfile === build.dockerfile &&
      context === build.context &&
      target === build.target,
  );
  const facts = new BuildFacts(store, [build, ...older]);
  const advice = [
    ...adviseMoves(facts),
    ...adviseNarrower(facts),
    ...adviseIgnores(facts),
    ...adviseCacheMounts(facts),
  ]
    .filter(({ savedMs, savedBytes }) => savedMs >= WORTH_MS || savedBytes > 0)
    .sort((a, b) => b.savedMs - a.savedMs || b.savedBytes - a.savedBytes);
  return { build, builds: 1 + older.length, advice };
}
