// The --mount options of one RUN: what of them goes into the key, and how the runner mounts them.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, sha256 } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { withFileLock } from '../../core/file-lock.ts';
import { nameFromBytes } from '../../core/names.ts';
import { END_OF_ENTRIES, encodeEntryHeader } from '../../image/entry-stream.ts';
import type { CopySource } from '../copy/source.ts';
import { layerForm } from '../exec/isolation.ts';
import type { LayerStore } from '../exec/layer-store.ts';
import { extractInto } from '../exec/layer-transfer.ts';
import { data, type PreparedMount } from '../exec/run-words.ts';
import type { Isolation } from '../exec/runner.ts';
import { stackFolders } from '../exec/stack-folders.ts';
import type { MountSpec } from '../plan/graph.ts';
import type { SnapshotLayer } from '../snapshot.ts';

type MountOf<Type extends MountSpec['type']> = Extract<MountSpec, { readonly type: Type }>;

/** What a bind mount shows: a source for its key, and its layers for the step. */
export interface BoundSource {
  readonly source: CopySource;
  /** The layers to stack, bottom first, and the path in them. */
  layers(): Promise<{ readonly layers: readonly SnapshotLayer[]; readonly path: string }>;
}

export interface RunMountInputs {
  readonly specs: readonly MountSpec[];
  readonly layers: LayerStore;
  readonly isolation: () => Promise<Isolation>;
  /** The store's folder of cache mounts. */
  readonly cacheRoot: string;
  readonly bind: (spec: MountOf<'bind'>) => BoundSource;
  /** The secret's bytes, or undefined where it was not given. */
  readonly secret: (id: string) => Promise<Buffer | undefined>;
}

export interface UsedMounts {
  readonly mounts: readonly PreparedMount[];
  /** `NAME=value` of secrets that are variables. */
  readonly secretEnv: readonly string[];
}

export interface RunMounts {
  /** A line for each mount. A secret's value, and what is in a cache, are no part of a key. */
  keyParts(): Promise<readonly string[]>;
  /** Prepares the mounts and holds the locks of cache mounts while `work` runs. */
  use(work: (used: UsedMounts) => Promise<void>): Promise<void>;
}

/** Binds the mounts of a RUN. Throws E_UNSUPPORTED for those that are not done yet. */
export function runMounts(inputs: RunMountInputs): RunMounts {
  for (const spec of inputs.specs) refuseUnsupported(spec);
  return {
    keyParts: () => Promise.all(inputs.specs.map((spec) => keyPart(spec, inputs))),
    async use(work) {
      const locks = inputs.specs
        .filter((spec) => spec.type === 'cache' && spec.sharing === 'locked')
        .map((spec) => `${cacheFolder(inputs, spec as MountOf<'cache'>)}.lock`)
        .sort();
      await locked([...new Set(locks)], async () => work(await prepare(inputs)));
    },
  };
}

async function keyPart(spec: MountSpec, inputs: RunMountInputs): Promise<string> {
  switch (spec.type) {
    case 'bind': {
      const { source } = inputs.bind(spec);
      const node = await source.stat(spec.path);
      if (node === undefined) throw missingSource(spec, source);
      const access = spec.readonly ? 'ro' : 'rw';
      return `bind ${spec.target} ${access} ${await source.identity(node)}`;
    }
    case 'cache':
      return `cache ${spec.target} id=${spec.id}`;
    case 'tmpfs':
      return `tmpfs ${spec.target} size=${spec.size ?? ''}`;
    case 'secret':
      return `secret ${spec.id} ${spec.target ?? ''} env=${spec.env ?? ''} ${spec.mode} ${spec.uid} ${spec.gid}`;
    case 'ssh':
      return `ssh ${spec.id} ${spec.target}`;
  }
}

async function prepare(inputs: RunMountInputs): Promise<UsedMounts> {
  const mounts: PreparedMount[] = [];
  const secretEnv: string[] = [];
  for (const spec of inputs.specs) {
    if (spec.type === 'bind') mounts.push(await prepareBind(spec, inputs));
    else if (spec.type === 'cache') mounts.push(await prepareCache(spec, inputs));
    else if (spec.type === 'tmpfs') {
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
        const words = data(spec.target, value, spec.mode, spec);
        mounts.push({ point: { target: spec.target, kind: 'file' }, words });
      }
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
  const { layers, path } = await bound.layers();
  const folders = await stackFolders(inputs.layers, layers);
  const access = spec.readonly ? 'ro' : 'rw';
  return {
    point: { target: spec.target, kind: node.isDirectory ? 'dir' : 'file' },
    words: ['bind-layers', path, spec.target, access, String(folders.length), ...folders],
  };
}

async function prepareCache(
  spec: MountOf<'cache'>,
  inputs: RunMountInputs,
): Promise<PreparedMount> {
  const container = cacheFolder(inputs, spec);
  const isolation = await inputs.isolation();
  const folder = join(container, layerForm(isolation));
  if ((await mkdir(folder, { recursive: true })) !== undefined) {
    // Made by the runner, so that the owner is one of the step's own ids.
    await extractInto(isolation, folder, rootDirectory(spec));
  }
  const access = spec.readonly ? 'ro' : 'rw';
  return {
    point: { target: spec.target, kind: 'dir' },
    words: ['bind', folder, spec.target, access],
  };
}

/** The id is hashed, never a path: CVE-2024-9675 was an id that led out of the cache's folder. */
function cacheFolder({ cacheRoot }: RunMountInputs, spec: MountOf<'cache'>): string {
  return join(cacheRoot, hexOf(sha256(spec.id)));
}

async function* rootDirectory({ mode, uid, gid }: MountOf<'cache'>): AsyncIterable<Uint8Array> {
  yield encodeEntryHeader({ path: '', type: 'dir', mode, uid, gid, mtime: 0n, size: 0 });
  yield END_OF_ENTRIES;
}

/** Takes the locks in order, so that two steps never wait for each other. */
async function locked(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  const [first, ...rest] = paths;
  if (first === undefined) return work();
  return withFileLock(first, () => locked(rest, work));
}

function refuseUnsupported(spec: MountSpec): void {
  const what =
    spec.type === 'ssh'
      ? '--mount=type=ssh'
      : spec.type === 'cache' && spec.sharing === 'private'
        ? '--mount=type=cache,sharing=private'
        : spec.type === 'cache' && spec.from !== undefined
          ? '--mount=type=cache,from='
          : undefined;
  if (what === undefined) return;
  throw new BuildError('E_UNSUPPORTED', `${what} is not supported yet`, { span: spec.span });
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
