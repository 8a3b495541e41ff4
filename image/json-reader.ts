// Reads JSON that a stranger wrote. Every access says what it expects and fails with the path to
// the value that is otherwise, so that no unchecked type travels further. Go's habit of writing
// null for an empty list or map is accepted: null is the same as absent.

import { type Digest, parseDigest } from '../core/digest.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { BuildError, type BuildErrorOptions } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';

export class JsonReader {
  readonly #value: unknown;
  readonly #path: string;
  readonly #code: ErrorCode;

  private constructor(value: unknown, path: string, code: ErrorCode) {
    this.#value = value;
    this.#path = path;
    this.#code = code;
  }

  /** Parses `bytes`; `what` names the document in messages, `code` is the code of every error. */
  static parse(bytes: Uint8Array, what: string, code: ErrorCode): JsonReader {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw new BuildError(code, `${what} is not JSON`);
    }
    return new JsonReader(value, what, code);
  }

  get absent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  /** The error for this value: `<path> <why>`. */
  error(why: string, options?: BuildErrorOptions): BuildError {
    return new BuildError(this.#code, `${this.#path} ${why}`, options);
  }

  /** A member of this object; absent where the object has none. */
  get(key: string): JsonReader {
    const members = this.#object();
    const value = Object.hasOwn(members, key) ? members[key] : undefined;
    return new JsonReader(value, `${this.#path}: ${key}`, this.#code);
  }

  entries(): (readonly [key: string, value: JsonReader])[] {
    if (this.absent) return [];
    return Object.entries(this.#object()).map(([key, value]) => [
      key,
      new JsonReader(value, `${this.#path}: ${safeText(key)}`, this.#code),
    ]);
  }

  items(): JsonReader[] {
    if (this.absent) return [];
    if (!Array.isArray(this.#value)) throw this.error('is not a list');
    return this.#value.map(
      (item: unknown, index) => new JsonReader(item, `${this.#path}[${index}]`, this.#code),
    );
  }

  string(): string {
    if (typeof this.#value !== 'string')
      throw this.error(this.absent ? 'is missing' : 'is not text');
    return this.#value;
  }

  strings(): string[] {
    return this.items().map((item) => item.string());
  }

  stringMap(): Record<string, string> {
    return Object.fromEntries(this.entries().map(([key, value]) => [key, value.string()]));
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.error('is not true or false');
    return this.#value;
  }

  /** A whole number from 0. */
  count(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw this.error(this.absent ? 'is missing' : 'is not a whole number from 0');
    }
    return value;
  }

  digest(): Digest {
    const digest = parseDigest(this.string());
    if (digest === undefined) throw this.error('is not a sha256 digest');
    return digest;
  }

  /** Returns `{key: read(member)}`, or `{}` where the member is absent: for spreading into an object with optional fields. */
  optional<K extends string, V>(
    key: K,
    read: (member: JsonReader) => V,
  ): { readonly [P in K]?: V } {
    const member = this.get(key);
    return member.absent ? {} : ({ [key]: read(member) } as { [P in K]: V });
  }

  #object(): Record<string, unknown> {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value)) {
      throw this.error(this.absent ? 'is missing' : 'is not an object');
    }
    return this.#value as Record<string, unknown>;
  }
}
