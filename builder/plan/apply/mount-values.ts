// The values of the options of one `RUN --mount`, expanded. Every option is allowed for the type, or it
// is refused: an option that is passed over in silence is how mounts were escaped from before
// (CVE-2024-9407).

import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import {
  checkOption,
  MOUNT_TYPES,
  type MountType,
  type RawMount,
} from '../instructions/mount-options.ts';
import { expandIn, type StageState } from './stage-state.ts';

/** Options that only some types take; the others are taken (and may mean nothing) everywhere. */
const ONLY_FOR: Readonly<Record<string, readonly MountType[]>> = {
  required: ['secret', 'ssh'],
  size: ['tmpfs'],
  sharing: ['cache'],
  mode: ['cache', 'secret', 'ssh'],
  uid: ['cache', 'secret', 'ssh'],
  gid: ['cache', 'secret', 'ssh'],
};

interface MountValue {
  /** Undefined where there is no `=`. */
  readonly text: string | undefined;
  readonly span: Span;
}

/** Values by the first spelling of their option. */
export class MountValues {
  readonly raw: RawMount;
  readonly type: MountType;
  readonly #values: ReadonlyMap<string, MountValue>;

  constructor(raw: RawMount, values: ReadonlyMap<string, MountValue>) {
    this.raw = raw;
    this.#values = values;
    this.type = this.choice('type', MOUNT_TYPES, 'bind');
  }

  get span(): Span {
    return this.raw.word.span;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  text(key: string): string | undefined {
    return this.#values.get(key)?.text || undefined;
  }

  /** `required`, `required=true`; `otherwise` where it is not given. */
  bool(key: string, otherwise: boolean): boolean {
    if (!this.has(key)) return otherwise;
    const value = this.#values.get(key)?.text;
    if (value === undefined || /^(?:1|t|true)$/i.test(value)) return true;
    if (/^(?:0|f|false)$/i.test(value)) return false;
    throw this.error(`${key} is true or false, not ${JSON.stringify(value)}`, key);
  }

  number(key: string, base: 8 | 10, otherwise: number): number {
    if (!this.has(key)) return otherwise;
    const value = this.text(key) ?? '';
    const digits = base === 8 ? /^[0-7]{1,11}$/ : /^\d{1,10}$/;
    const number = digits.test(value) ? Number.parseInt(value, base) : Number.NaN;
    const most = base === 8 ? 0o7777 : 2 ** 32 - 1;
    if (number <= most) return number;
    throw this.error(`${key} cannot be ${JSON.stringify(value)}`, key);
  }

  choice<const T extends string>(key: string, known: readonly T[], otherwise: T): T {
    if (!this.has(key)) return otherwise;
    const value = (this.text(key) ?? '').toLowerCase();
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    const near = suggest(value, known);
    const hint = near ? `Did you mean ${near}?` : `It is one of ${known.join(', ')}.`;
    throw this.error(`${key} cannot be ${JSON.stringify(value)}`, key, hint);
  }

  /** An error at the option `key`, or at the whole mount. */
  error(message: string, key?: string, hint?: string): BuildError {
    const span = (key === undefined ? undefined : this.#values.get(key)?.span) ?? this.span;
    return new BuildError('E_MOUNT', `--mount: ${message}`, { span, hint });
  }
}

/** Expands the options of a mount. Throws E_MOUNT, E_EXPANSION at the option that is wrong. */
export function readMountValues(state: StageState, raw: RawMount): MountValues {
  const values = new Map<string, MountValue>();
  for (const option of raw.options) {
    checkOption(option);
    const { name, value, span } = option;
    const text = value && expandIn(state, value);
    if (name === 'readonly') values.delete('readwrite');
    if (name === 'readwrite') values.delete('readonly');
    values.set(name, { text, span });
  }
  const options = new MountValues(raw, values);
  for (const [key, types] of Object.entries(ONLY_FOR)) {
    if (!options.has(key) || types.includes(options.type)) continue;
    throw options.error(`${key} is not for mounts of type ${options.type}`, key);
  }
  return options;
}
