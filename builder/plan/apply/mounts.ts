// `RUN --mount`: values of options -> a mount that execution can make.

import { posix } from 'node:path';
import type { Word } from '../../../grammar/ast.ts';
import type { MountSpec, SourceRef } from '../graph.ts';
import type { RawMount } from '../instructions/mount-options.ts';
import { type MountValues, readMountValues } from './mount-values.ts';
import { resolvePath } from './paths.ts';
import { type StageState, workingFolder } from './stage-state.ts';

/** Where the files of a `from` are; without one, the main context. */
export type FindSource = (from: Word | undefined) => SourceRef;

const SHARINGS = ['shared', 'private', 'locked'] as const;

export interface MountSurroundings {
  readonly findSource: FindSource;
  /** Keeps the caches of builds apart that ask for it; '' for all others. */
  readonly cacheNamespace: string;
}

/** Returns the mounts of a step, in the order written. Throws E_MOUNT, E_EXPANSION. */
export function resolveMounts(
  state: StageState,
  mounts: readonly RawMount[],
  surroundings: MountSurroundings,
): MountSpec[] {
  let agents = 0;
  return mounts.map((raw) => {
    const options = readMountValues(state, raw);
    return resolve(state, options, surroundings, () => agents++);
  });
}

function resolve(
  state: StageState,
  options: MountValues,
  { findSource, cacheNamespace }: MountSurroundings,
  nextAgent: () => number,
): MountSpec {
  const { span, type } = options;
  switch (type) {
    case 'bind':
      return {
        type,
        target: target(state, options),
        source: findSource(options.raw.from),
        path: sourcePath(options),
        readonly: isReadonly(options, true),
        span,
      };
    case 'cache':
      return cache(state, options, findSource, cacheNamespace);
    case 'tmpfs':
      return { type, target: target(state, options), size: size(options), span };
    case 'secret':
      return secret(state, options);
    case 'ssh': {
      if (options.has('source'))
        throw options.error('source is not for mounts of type ssh', 'source');
      const agent = `/run/buildkit/ssh_agent.${nextAgent()}`;
      return {
        type,
        id: options.text('id') ?? 'default',
        target: options.text('target') ? target(state, options) : agent,
        required: options.bool('required', false),
        ...owner(options, 0o600),
        span,
      };
    }
  }
}

function cache(
  state: StageState,
  options: MountValues,
  findSource: FindSource,
  namespace: string,
): MountSpec {
  const where = target(state, options);
  if (options.raw.from === undefined && sourcePath(options) !== '/')
    throw options.error('source needs from', 'source', 'A cache without from= begins empty.');
  return {
    type: 'cache',
    target: where,
    id: inNamespace(namespace, options.text('id') ?? cacheId(options.text('target') ?? '')),
    sharing: options.choice('sharing', SHARINGS, 'shared'),
    from: options.raw.from && findSource(options.raw.from),
    path: sourcePath(options),
    mode: options.has('mode') ? options.number('mode', 8, 0o755) : undefined,
    uid: options.has('uid') ? options.number('uid', 10, 0) : undefined,
    gid: options.has('gid') ? options.number('gid', 10, 0) : undefined,
    readonly: isReadonly(options, false),
    span: options.span,
  };
}

function secret(state: StageState, options: MountValues): MountSpec {
  if (options.has('from')) throw options.error('from is not for mounts of type secret', 'from');
  const source = options.text('source');
  const given = options.text('target');
  if (source && options.text('id'))
    throw options.error('id and source say the same thing; give one', 'source');
  const id = source ?? options.text('id') ?? (given && posix.basename(given));
  if (!id) throw options.error('a secret needs an id or a target');
  const env = options.text('env');
  const file = given
    ? target(state, options)
    : env
      ? undefined
      : `/run/secrets/${posix.basename(id)}`;
  return {
    type: 'secret',
    id,
    target: file,
    env,
    required: options.bool('required', false),
    ...owner(options, 0o400),
    span: options.span,
  };
}

/** Absolute, joined to the working folder. The root is refused: it is where everything else is. */
function target(state: StageState, options: MountValues): string {
  const path = resolvePath(workingFolder(state), options.text('target') ?? '');
  if (path === '/')
    throw options.error('the target cannot be /', 'target', 'Give a folder with target=.');
  if (path.includes('\0')) throw options.error('the target holds a NUL character', 'target');
  return path;
}

/** Without an id, the target names the cache, as written but for a slash at its end. */
function cacheId(target: string): string {
  return posix.normalize(target).replace(/(?<=.)\/$/, '');
}

/** No id can hold a NUL, so none leads into another namespace. */
function inNamespace(namespace: string, id: string): string {
  return namespace === '' ? id : `${namespace}\0${id}`;
}

function sourcePath(options: MountValues): string {
  return resolvePath('/', options.text('source') ?? '');
}

function isReadonly(options: MountValues, otherwise: boolean): boolean {
  if (options.has('readwrite')) return !options.bool('readwrite', true);
  return options.bool('readonly', otherwise);
}

function owner(options: MountValues, mode: number): { mode: number; uid: number; gid: number } {
  return {
    mode: options.number('mode', 8, mode),
    uid: options.number('uid', 10, 0),
    gid: options.number('gid', 10, 0),
  };
}

const SIZE_UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes: `64m`, `1.5GiB`; units are powers of 1024. */
function size(options: MountValues): number | undefined {
  const value = options.text('size');
  if (value === undefined) return undefined;
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)i?b?$/i.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** SIZE_UNITS.indexOf(unit.toLowerCase()));
  if (number === undefined || !Number.isSafeInteger(bytes)) {
    throw options.error(`size cannot be ${JSON.stringify(value)}`, 'size', 'As in 64m or 1g.');
  }
  return bytes;
}
