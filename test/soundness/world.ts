// One world of the differential test: a random Dockerfile with random files, built again and again with an edit in between,
// each time with reuse and without.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../cache/store.ts';
import { diffTrees } from '../../image/tree/diff-trees.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { randomFrom } from '../support/seed.ts';
import { forget, type Rule } from './forget.ts';
import { type Built, buildIn } from './project.ts';
import { edit, makeFiles } from './random-files.ts';
import { pick, type Random } from './random-names.ts';
import { RandomDockerfile } from './random-steps.ts';
import type { Way } from './way.ts';

const EDITS = 24;

/** One of so many worlds is built on rung chroot. */
const CHANGED_ROOTS = 8;

/** What was built so far. */
export interface Count {
  pairs: number;
  /** RUN steps of builds with reuse, and how they came out. */
  steps: number;
  ran: number;
  traced: number;
  exact: number;
}

export interface Checking {
  /** Goes up. */
  readonly count: Count;
  /** What records forget. */
  readonly rule?: Rule | undefined;
  /** How all steps are run; undefined: as usual, and on rung chroot in one world of so many. */
  readonly way?: Way | undefined;
}

/** Returns all that is needed to look at the first difference; undefined where there is none. */
export async function checkWorld(
  root: string,
  seed: number,
  { count, rule, way }: Checking,
): Promise<string | undefined> {
  const random = randomFrom(seed);
  const world = join(root, String(seed));
  const context = join(world, 'context');
  mkdirSync(context, { recursive: true });
  spawnSync('cp', ['-a', join(root, 'tools'), context]);
  makeFiles(random, context);
  const file = new RandomDockerfile(random);
  const buildArgs = new Map(file.args.map((name) => [name, '0']));
  const project = { file, context, buildArgs, saved: join(world, 'saved') };
  const edits: string[] = [];
  const usual = seed % CHANGED_ROOTS === 0 ? 'chroot' : 'usual';
  for (let round = 0; round <= EDITS; round++) {
    if (round > 0) edits.push(...randomEdits(random, project));
    const dockerfile = file.text;
    const request = { dockerfile, buildArgs, way: way ?? usual };
    const reused = await buildIn(join(world, 'reuse'), context, request);
    const fresh = await buildIn(join(world, 'fresh'), context, { ...request, noCache: true });
    tally(count, reused);
    if (reused.outcome !== fresh.outcome) {
      return difference(world, { seed, dockerfile, edits, reused, fresh });
    }
    if (rule !== undefined) await forget(join(world, 'reuse'), rule);
  }
  rmSync(world, { recursive: true, force: true });
  return undefined;
}

interface Project {
  readonly file: RandomDockerfile;
  readonly context: string;
  readonly buildArgs: Map<string, string>;
  /** The context as it was at some time. */
  readonly saved: string;
}

/** Mostly one edit; at times several at once, or a return to what the files once were. */
function randomEdits(random: Random, project: Project): string[] {
  if (random.int(12) === 0) return [keepOrReturn(project)];
  const count = random.int(5) === 0 ? 2 + random.int(3) : 1;
  return Array.from({ length: count }, () => randomEdit(random, project));
}

function randomEdit(random: Random, { file, context, buildArgs }: Project): string {
  const kind = random.int(12);
  if (kind > 2) return edit(random, context);
  if (kind > 0) return file.edit();
  const name = pick(random, [...buildArgs.keys()]);
  buildArgs.set(name, String(random.int(3)));
  return `${name}=${buildArgs.get(name)}`;
}

function keepOrReturn({ context, saved }: Project): string {
  const [from, to] = existsSync(saved) ? [saved, context] : [context, saved];
  rmSync(to, { recursive: true, force: true });
  spawnSync('cp', ['-a', from, to]);
  if (to === saved) return 'the files are kept';
  rmSync(saved, { recursive: true });
  return 'the files are what they were when they were kept';
}

function tally(count: Count, { steps }: Built): void {
  count.pairs++;
  for (const { step, status } of steps) {
    if (!/\] RUN /.test(step)) continue;
    count.steps++;
    if (status === 'ran') count.ran++;
    if (status === 'traced') count.traced++;
    if (status === 'exact') count.exact++;
  }
}

interface Differing {
  readonly seed: number;
  readonly dockerfile: string;
  readonly edits: readonly string[];
  readonly reused: Built;
  readonly fresh: Built;
}

async function difference(world: string, differing: Differing): Promise<string> {
  const { seed, dockerfile, edits, reused, fresh } = differing;
  const stores = [await openStore(join(world, 'reuse')), await openStore(join(world, 'fresh'))];
  const objects: ObjectStore = {
    get: (digest) => stores.map((store) => store.objects.get(digest)).find((bytes) => bytes),
    put: () => {
      throw new Error('nothing is written here');
    },
  };
  const isDiffering = fresh.tree !== undefined && reused.tree !== undefined;
  const changes = isDiffering ? [...diffTrees(objects, fresh.tree, reused.tree)] : [];
  for (const store of stores) await store.close();
  return [
    `world ${seed}: reuse made another tree than no reuse (- without, + with)`,
    `${reused.outcome} instead of ${fresh.outcome}`,
    ...changes.map((change) => JSON.stringify(change)),
    ...reused.steps.map(({ step, status, reason }) => `${status} ${step.slice(0, 60)}: ${reason}`),
    dockerfile,
    ...edits,
  ].join('\n');
}
