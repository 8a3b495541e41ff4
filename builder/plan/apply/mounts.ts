// `RUN --mount`: options -> a mount that execution can make. Every option is known and allowed for the
// type, or it is refused: an option that is passed over in silence is how mounts were escaped from
// before (CVE-2024-9407).

import { posix } from 'node:path';
import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Word } from '../../../grammar/ast.ts';
import type { MountSpec, SourceRef } from '../graph.ts';
import type { RawMount } from '../instructions/mount-options.ts';
import { resolvePath } from './paths.ts';
import { expandIn, type StageState, workingFolder } from './stage-state.ts';

/** Where the files of a `from` are; without one, the main context. */
export type FindSource = (from: Word | undefined) => SourceRef;

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
type MountType = (typeof TYPES)[number];

const SHARINGS = ['shared', 'private', 'locked'] as const;

/** Other spellings of an option. */
const ALIASES: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};

const KEYS = [
  'type', 'from', 'source', 'target', 'readonly', 'readwrite', 'id', 'sharing', 'required', 'size',
  'mode', 'uid', 'gid', 'env',
]; // biome-ignore format: one line reads better

/** Options that only some types take; the others are taken (and may mean nothing) everywhere. */
const ONLY_FOR: Readonly<Record<string, readonly MountType[]>> = {
  required: ['secret', 'ssh'],
  size: ['tmpfs'],
  sharing: ['cache'],
  mode: ['cache', 'secret', 'ssh'],
  uid: ['cache', 'secret', 'ssh'],
  gid: ['cache', 'secret', 'ssh'],
};

/** Returns the mounts of a step, in the order written. Throws E_MOUNT, E_EXPANSION. */
export function resolveMounts(
  state: StageState,
  mounts: readonly RawMount[],
  findSource: FindSource,
): MountSpec[] {
  let agents = 0;
  return mounts.map((raw) => {
    const options = readOptions(state, raw);
    return resolve(state, options, findSource, () => agents++);
  });
}

/** The options of one mount, expanded, under their first spelling. */
class Options {
  readonly raw: RawMount;
  readonly type: MountType;
  readonly #values: ReadonlyMap<string, string | undefined>;

  constructor(raw: RawMount, values: ReadonlyMap<string, string | undefined>) {
    this.raw = raw;
    this.#values = values;
    this.type = this.choice('type', TYPES, 'bind');
  }

  get span(): Span {
    return this.raw.word.span;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  text(key: string): string | undefined {
    return this.#values.get(key) || undefined;
  }

  /** `required`, `required=true`; `otherwise` where it is not given. */
  bool(key: string, otherwise: boolean): boolean {
    if (!this.has(key)) return otherwise;
    const value = this.#values.get(key);
    if (value === undefined || /^(?:1|t|true)$/i.test(value)) return true;
    if (/^(?:0|f|false)$/i.test(value)) return false;
    throw this.error(`${key} is true or false, not ${JSON.stringify(value)}`);
  }

  number(key: string, base: 8 | 10, otherwise: number): number {
    if (!this.has(key)) return otherwise;
    const value = this.text(key) ?? '';
    const digits = base === 8 ? /^[0-7]{1,11}$/ : /^\d{1,10}$/;
    const number = digits.test(value) ? Number.parseInt(value, base) : Number.NaN;
    const most = base === 8 ? 0o7777 : 2 ** 32 - 1;
    if (number <= most) return number;
    throw this.error(`${key} cannot be ${JSON.stringify(value)}`);
  }

  choice<const T extends string>(key: string, known: readonly T[], otherwise: T): T {
    if (!this.has(key)) return otherwise;
    const value = (this.text(key) ?? '').toLowerCase();
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    const near = suggest(value, known);
    const hint = near ? `Did you mean ${near}?` : `It is one of ${known.join(', ')}.`;
    throw this.error(`${key} cannot be ${JSON.stringify(value)}`, hint);
  }

  error(message: string, hint?: string): BuildError {
    return new BuildError('E_MOUNT', `--mount: ${message}`, { span: this.span, hint });
  }
}

function readOptions(state: StageState, raw: RawMount): Options {
  const { word } = raw;
  const values = new Map<string, string | undefined>();
  for (const { key, value } of raw.options) {
    const name = Object.hasOwn(ALIASES, key) ? (ALIASES[key] ?? key) : key;
    if (!KEYS.includes(name)) {
      const near = suggest(key, [...KEYS, ...Object.keys(ALIASES)]);
      throw new BuildError('E_MOUNT', `--mount has no option ${JSON.stringify(key)}`, {
        span: word.span,
        hint: near && `Did you mean ${near}?`,
      });
    }
    const flag = name === 'readonly' || name === 'readwrite' || name === 'required';
    if (value === undefined && !flag) {
      throw new BuildError('E_MOUNT', `--mount: ${key} needs a value`, { span: word.span });
    }
    const expanded =
      value === undefined ? undefined : expandIn(state, { text: value, span: word.span });
    if (name === 'readonly') values.delete('readwrite');
    if (name === 'readwrite') values.delete('readonly');
    values.set(name, expanded);
  }
  const options = new Options(raw, values);
  for (const [key, types] of Object.entries(ONLY_FOR)) {
    if (!options.has(key) || types.includes(options.type)) continue;
    throw options.error(`${key} is not for mounts of type ${options.type}`);
  }
  return options;
}

function resolve(
  state: StageState,
  options: Options,
  findSource: FindSource,
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
    case 'cache': {
      const where = target(state, options);
      return {
        type,
        target: where,
        id: options.text('id') ?? cacheId(options.text('target') ?? ''),
        sharing: options.choice('sharing', SHARINGS, 'shared'),
        from: options.raw.from && findSource(options.raw.from),
        path: sourcePath(options),
        ...owner(options, 0o755),
        readonly: isReadonly(options, false),
        span,
      };
    }
    case 'tmpfs':
      return { type, target: target(state, options), size: size(options), span };
    case 'secret':
      return secret(state, options);
    case 'ssh': {
      if (options.has('source')) throw options.error('source is not for mounts of type ssh');
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

function secret(state: StageState, options: Options): MountSpec {
  if (options.has('from')) throw options.error('from is not for mounts of type secret');
  const source = options.text('source');
  const given = options.text('target');
  if (source && options.text('id'))
    throw options.error('id and source say the same thing; give one');
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
function target(state: StageState, options: Options): string {
  const path = resolvePath(workingFolder(state), options.text('target') ?? '');
  if (path === '/') throw options.error('the target cannot be /', 'Give a folder with target=.');
  if (path.includes('\0')) throw options.error('the target holds a NUL character');
  return path;
}

/** Without an id, the target names the cache, as written but for a slash at its end. */
function cacheId(target: string): string {
  return posix.normalize(target).replace(/(?<=.)\/$/, '');
}

function sourcePath(options: Options): string {
  return resolvePath('/', options.text('source') ?? '');
}

function isReadonly(options: Options, otherwise: boolean): boolean {
  if (options.has('readwrite')) return !options.bool('readwrite', true);
  return options.bool('readonly', otherwise);
}

function owner(options: Options, mode: number): { mode: number; uid: number; gid: number } {
  return {
    mode: options.number('mode', 8, mode),
    uid: options.number('uid', 10, 0),
    gid: options.number('gid', 10, 0),
  };
}

const SIZE_UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes: `64m`, `1.5GiB`; units are powers of 1024. */
function size(options: Options): number | undefined {
  const value = options.text('size');
  if (value === undefined) return undefined;
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)i?b?$/i.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** SIZE_UNITS.indexOf(unit.toLowerCase()));
  if (number === undefined || !Number.isSafeInteger(bytes)) {
    throw options.error(`size cannot be ${JSON.stringify(value)}`, 'As in 64m or 1g.');
  }
  return bytes;
}
