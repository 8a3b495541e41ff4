// The --mount options of one RUN: what of them goes into the key, and how the runner mounts them.

import { join } from 'node:path';
import { type UsedCache, useCache } from '../../cache/cache-mounts.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import type { CopySource } from '../copy/source.ts';
import { treeSource } from '../copy/tree-source.ts';
import { type AgentProxy, startAgentProxy } from '../exec/agent-proxy.ts';
import { dataWords } from '../exec/data-words.ts';
import { copyOut } from '../exec/lay-out.ts';
import type { LayerStore } from '../exec/layer-store.ts';
import type { MountPoint } from '../exec/mount-points.ts';
import { needsNamespaces } from '../exec/needs-namespaces.ts';
import type { PreparedMount } from '../exec/run-words.ts';
import type { Isolation } from '../exec/runner.ts';
import { stackFolders } from '../exec/stack-folders.ts';
import type { MountSpec } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  type CacheMount,
  type CacheSpec,
  cacheKeyPart,
  cacheMount,
  prepareCache,
} from './cache-mount.ts';

type MountOf<Type extends MountSpec['type']> = Extract<MountSpec, { readonly type: Type }>;

/** What a bind mount shows: a source for its key, and its layers for the step. */
export interface BoundSource {
  readonly source: CopySource;
  /** What to show, and the path in it. */
  snapshot(): Promise<{ readonly snapshot: Snapshot; readonly path: string }>;
}

export interface RunMountInputs {
  readonly objects: ObjectStore;
  readonly specs: readonly MountSpec[];
  readonly layers: LayerStore;
  readonly isolation: () => Promise<Isolation>;
  /** The store's folder of cache mounts. */
  readonly cacheRoot: string;
  readonly bind: (spec: MountOf<'bind'>) => BoundSource;
  /** What a cache begins with, or undefined for nothing. */
  readonly cacheSource: (spec: CacheSpec) => Promise<CopySource | undefined>;
  /** The secret's bytes, or undefined where it was not given. */
  readonly secret: (id: string) => Promise<Buffer | undefined>;
  /** The address of an SSH agent's socket, or undefined where it was not given. */
  readonly agent: (id: string) => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

export interface UsedMounts {
  readonly mounts: readonly PreparedMount[];
  /** `NAME=value` of secrets that are variables. */
  readonly secretEnv: readonly string[];
}

/** What is there while the step runs, and ends with it. */
interface Running {
  readonly caches: UsedCaches;
  readonly proxies: AgentProxy[];
}

export interface RunMounts {
  /** A line for each mount. A secret's value, and what is in a cache, are no part of a key. */
  keyParts(): Promise<readonly string[]>;
  /** Prepares the mounts and holds those that are caches while `work` runs. */
  use<T>(work: (used: UsedMounts) => Promise<T>): Promise<T>;
}

/** Binds the mounts of a RUN. */
export function runMounts(inputs: RunMountInputs): RunMounts {
  const caches = new Map<MountSpec, Promise<CacheMount>>();
  const cacheOf = (spec: CacheSpec): Promise<CacheMount> => {
    const found =
      caches.get(spec) ?? inputs.cacheSource(spec).then((source) => cacheMount(spec, source));
    caches.set(spec, found);
    return found;
  };
  return {
    keyParts: () => Promise.all(inputs.specs.map((spec) => keyPart(spec, inputs, cacheOf))),
    async use(work) {
      const specs = inputs.specs.filter((spec) => spec.type === 'cache');
      const caches = new UsedCaches(await Promise.all(specs.map(cacheOf)));
      const running: Running = { caches, proxies: [] };
      try {
        await caches.take(inputs);
        return await work(await prepare(inputs, running));
      } finally {
        for (const proxy of running.proxies) await proxy.close();
        await caches.release();
      }
    },
  };
}

/** The caches of one step. Two mounts of one cache are one folder. */
class UsedCaches {
  readonly #mounts: readonly CacheMount[];
  readonly #used = new Map<Digest, UsedCache>();

  constructor(mounts: readonly CacheMount[]) {
    // All steps take caches in this order, so that no two wait for each other.
    this.#mounts = [...mounts].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async take({ cacheRoot, isolation, signal }: RunMountInputs): Promise<void> {
    if (this.#mounts.length === 0) return;
    // Moved into the root of one step, a folder cannot be in that of another.
    const isMoved = (await isolation()).rung === 'chroot';
    for (const { name, spec } of this.#mounts) {
      if (this.#used.has(name)) continue;
      const sharing = isMoved && spec.sharing === 'shared' ? 'locked' : spec.sharing;
      this.#used.set(name, await useCache(cacheRoot, name, sharing, signal));
    }
  }

  async prepare(spec: CacheSpec, { isolation, layers }: RunMountInputs): Promise<PreparedMount> {
    const mount = this.#mounts.find((each) => each.spec === spec);
    const used = mount && this.#used.get(mount.name);
    if (mount === undefined || used === undefined) throw new Error('a cache of another step');
    return prepareCache(mount, used, await isolation(), layers.temporary);
  }

  async release(): Promise<void> {
    for (const used of this.#used.values()) await used.release();
  }
}

async function keyPart(
  spec: MountSpec,
  inputs: RunMountInputs,
  cacheOf: (spec: CacheSpec) => Promise<CacheMount>,
): Promise<string> {
  switch (spec.type) {
    case 'bind': {
      const { source } = inputs.bind(spec);
      const node = await source.stat(spec.path);
      if (node === undefined) throw missingSource(spec, source);
      const access = spec.readonly ? 'ro' : 'rw';
      return `bind ${spec.target} ${access} ${await source.identity(node)}`;
    }
    case 'cache':
      return cacheKeyPart(await cacheOf(spec));
    case 'tmpfs':
      return `tmpfs ${spec.target} size=${spec.size ?? ''}`;
    case 'secret':
      return `secret ${spec.id} ${spec.target ?? ''} env=${spec.env ?? ''} ${spec.mode} ${spec.uid} ${spec.gid}`;
    case 'ssh':
      return `ssh ${spec.id} ${spec.target} ${spec.mode} ${spec.uid} ${spec.gid}`;
  }
}

async function prepare(inputs: RunMountInputs, running: Running): Promise<UsedMounts> {
  const mounts: PreparedMount[] = [];
  const secretEnv: string[] = [];
  for (const spec of inputs.specs) {
    if (spec.type === 'bind') mounts.push(await prepareBind(spec, inputs));
    else if (spec.type === 'cache') mounts.push(await running.caches.prepare(spec, inputs));
    else if (spec.type === 'tmpfs') {
      const isolation = await inputs.isolation();
      const hint = 'it is a folder on disk there, and has no size: leave that out';
      if (spec.size !== undefined) needsNamespaces(isolation, 'tmpfs,size=', hint, spec.span);
      const words = ['tmpfs', spec.target, String(spec.size ?? 0), '1777'];
      mounts.push({ point: { target: spec.target, kind: 'dir' }, words });
    } else if (spec.type === 'secret') {
      const value = await inputs.secret(spec.id);
      if (value === undefined) {
        if (spec.required) throw missingSecret(spec);
        continue;
      }
      if (spec.env !== undefined) secretEnv.push(variable(spec, spec.env, value));
      if (spec.target !== undefined) {
        const words = dataWords(spec.target, value, spec.mode, spec);
        mounts.push({ point: { target: spec.target, kind: 'file' }, words });
      }
    } else {
      const mount = await prepareAgent(spec, inputs, running.proxies);
      if (mount !== undefined) mounts.push(mount);
    }
  }
  return { mounts, secretEnv };
}

/** `NAME=value` of a secret. Never shows the value. Throws E_MOUNT where it cannot be one. */
function variable(spec: MountOf<'secret'>, name: string, value: Buffer): string {
  if (!value.includes(0)) return `${name}=${nameFromBytes(value)}`;
  throw new BuildError('E_MOUNT', `the secret "${spec.id}" has a NUL in it: no variable can`, {
    span: spec.span,
    hint: 'mount it as a file: target= in place of env=',
  });
}

async function prepareBind(spec: MountOf<'bind'>, inputs: RunMountInputs): Promise<PreparedMount> {
  const bound = inputs.bind(spec);
  const node = await bound.source.stat(spec.path);
  if (node === undefined) throw missingSource(spec, bound.source);
  const { snapshot, path } = await bound.snapshot();
  const point: MountPoint = { target: spec.target, kind: node.isDirectory ? 'dir' : 'file' };
  const isolation = await inputs.isolation();
  if (isolation.rung === 'chroot') {
    const source = treeSource(inputs.objects, bound.source.name, snapshot);
    const copy = await copyOut(isolation, source, { ...node, path }, inputs.layers.temporary);
    return { point, words: ['bind', copy, spec.target, 'rw'] };
  }
  const folders = await stackFolders(inputs.layers, snapshot.layers);
  const access = spec.readonly ? 'ro' : 'rw';
  const words = ['bind-layers', path, spec.target, access, String(folders.length), ...folders];
  return { point, words };
}

/** Undefined where the agent was not given and need not be. */
async function prepareAgent(
  spec: MountOf<'ssh'>,
  { agent, layers }: RunMountInputs,
  proxies: AgentProxy[],
): Promise<PreparedMount | undefined> {
  const address = await agent(spec.id);
  if (address === undefined && !spec.required) return undefined;
  if (address === undefined) {
    throw new BuildError('E_SSH_AGENT', `the SSH agent "${spec.id}" was not given`, {
      span: spec.span,
      hint: spec.id === 'default' ? 'pass it: --ssh default' : `pass it: --ssh ${spec.id}=SOCKET`,
    });
  }
  const proxy = await startAgentProxy(join(await layers.temporary(), 'ssh'), address);
  proxies.push(proxy);
  const owner = [spec.mode.toString(8), String(spec.uid), String(spec.gid)];
  return {
    point: { target: spec.target, kind: 'file' },
    words: ['bind-socket', proxy.socket, spec.target, ...owner],
  };
}

function missingSource(spec: MountOf<'bind'>, source: CopySource): BuildError {
  return new BuildError('E_COPY_SOURCE', `"${spec.path}" is not in ${source.name}`, {
    span: spec.span,
  });
}

function missingSecret(spec: MountOf<'secret'>): BuildError {
  return new BuildError('E_SECRET_MISSING', `the secret "${spec.id}" was not given`, {
    span: spec.span,
    hint: `pass it: --secret id=${spec.id},src=FILE`,
  });
}
