// `slipway debug shell`: a shell in an image of the local store, or in what a step came to. Nothing is
// recorded, and what is written goes with the shell.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { openLocalStore } from '../../image/local-store.ts';
import type { ImageConfig, Platform } from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';
import type { BuildEnvironment } from '../environment.ts';
import { type LayerStore, layerStore } from '../exec/layer-store.ts';
import { resolvConf } from '../exec/network.ts';
import { runShell, type ShellPlace } from '../exec/run-shell.ts';
import type { Isolation } from '../exec/runner.ts';
import { openSandbox } from '../exec/sandbox.ts';
import { makeSandboxFolders } from '../exec/sandbox-folders.ts';
import { stackFolders } from '../exec/stack-folders.ts';
import { baseSnapshot } from '../ops/base.ts';
import type { RunSpec } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import { findStep } from './find-step.ts';
import { recordSnapshot } from './record-snapshot.ts';

/** What a shell is opened in. */
export interface DebugTarget {
  /** In words: `image app`, `step [2/5] RUN make`. */
  readonly title: string;
  /** Opens the shell on the terminal of this process, and returns its exit status. Throws what a RUN throws. */
  open(term: string | undefined): Promise<number>;
}

/** Where nothing says who runs what where. */
const PLAIN = {
  user: '',
  cwd: '/',
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
};

export interface WantedTarget {
  readonly name: string;
  /** Of an image of several. */
  readonly platform: Platform;
  readonly isolation: 'auto' | Isolation['rung'];
}

/**
 * Finds the image or step that `name` is, and hands it to `work`; both are gone when that ends. Throws
 * E_IMAGE_NOT_FOUND where it is neither, E_USAGE where it is several steps.
 */
export async function withDebugTarget<T>(
  store: Store,
  { name, platform, isolation: wanted }: WantedTarget,
  environment: BuildEnvironment,
  work: (target: DebugTarget) => Promise<T>,
): Promise<T> {
  const sandbox = openSandbox(store, wanted, environment);
  const layers = layerStore(store, sandbox);
  try {
    const found = await find(store, layers, name, platform);
    const { tree } = found.snapshot;
    const isolation = await sandbox.isolation();
    const helper = await sandbox.defaultNetwork();
    const place = await placeOf(store, layers, isolation, found.snapshot);
    const open = async (term: string | undefined): Promise<number> => {
      const exit = await runShell({
        spec: specOf(found),
        objects: store.objects,
        tree,
        mounts: [],
        secretEnv: [],
        network: 'host',
        extraHosts: [],
        resolvConf: resolvConf(helper),
        helper,
        isolation,
        layers,
        place,
        term,
        signal: environment.signal,
      });
      return exit.code;
    };
    return await work({ title: found.title, open });
  } finally {
    await sandbox.close();
  }
}

async function placeOf(
  store: Store,
  layers: LayerStore,
  isolation: Isolation,
  snapshot: Snapshot,
): Promise<ShellPlace> {
  if (isolation.rung === 'chroot') {
    return { kind: 'folder', path: await layers.roots.take(isolation, snapshot) };
  }
  const lowers = await stackFolders(layers, snapshot.layers);
  const upper = join(await layers.temporary(), 'upper');
  mkdirSync(upper);
  await makeSandboxFolders(isolation, store.objects, snapshot.tree, upper);
  return { kind: 'stack', lowers, upper };
}

interface Found {
  readonly title: string;
  readonly snapshot: Snapshot;
  readonly user: string;
  readonly cwd: string;
  readonly env: readonly string[];
}

async function find(
  store: Store,
  layers: LayerStore,
  name: string,
  platform: Platform,
): Promise<Found> {
  const image = await imageCalled(store, name, platform);
  if (!isBuildError(image)) {
    const { snapshot } = await baseSnapshot(store, layers, image);
    return { title: `image ${name}`, snapshot, ...imageSettings(image.config) };
  }
  const record = findStep(store, name);
  if (record === undefined) {
    throw new BuildError(
      'E_IMAGE_NOT_FOUND',
      `there is no image and no step ${JSON.stringify(name)}`,
      {
        hint: 'slipway images lists images, slipway cache ls steps; a step goes by its key or words of its name',
      },
    );
  }
  const snapshot = await recordSnapshot(store, layers, record);
  return { title: `step ${record.step}`, snapshot, ...stepSettings(record) };
}

/** The image, or why it is none. */
async function imageCalled(
  store: Store,
  name: string,
  platform: Platform,
): Promise<ResolvedImage | BuildError> {
  try {
    return await openLocalStore(store.ociDir, store.blobs).resolve(name, platform);
  } catch (error) {
    const isNoImage =
      isBuildError(error) && ['E_IMAGE_NOT_FOUND', 'E_REFERENCE_INVALID'].includes(error.code);
    if (isNoImage) return error;
    throw error;
  }
}

function imageSettings({ config }: ImageConfig): Pick<Found, 'user' | 'cwd' | 'env'> {
  const env = config?.Env ?? [];
  const hasPath = env.some((value) => value.startsWith('PATH='));
  return {
    user: config?.User ?? PLAIN.user,
    cwd: config?.WorkingDir || PLAIN.cwd,
    env: hasPath ? env : [...PLAIN.env, ...env],
  };
}

/** As the step was run, where it was a RUN: its key says so. */
function stepSettings({ kind, parts }: CacheRecord): Pick<Found, 'user' | 'cwd' | 'env'> {
  if (kind !== 'run') return PLAIN;
  const part = new Map(parts);
  return {
    user: part.get('user') ?? PLAIN.user,
    cwd: part.get('working directory') ?? PLAIN.cwd,
    // A value with line ends in it begins no line with a name.
    env: (part.get('environment') ?? '').split(/\n(?=[A-Za-z_][A-Za-z0-9_]*=)/),
  };
}

function specOf({ user, cwd, env }: Found): RunSpec {
  return {
    kind: 'run',
    input: 0,
    args: [],
    files: [],
    env: env.filter((value) => value !== ''),
    unkeyedEnv: [],
    cwd,
    user,
    hostname: 'slipway',
    network: 'default',
    mounts: [],
  };
}
