// The one class for errors that a user can cause. Whatever a user, a file, an image or the network
// can bring about is a BuildError with a stable code; a programmer's mistake stays a plain Error
// and is shown with its stack.

import type { ErrorCode } from './error-codes.ts';
import type { Span } from './source.ts';

const brand: unique symbol = Symbol.for('slipway.BuildError');

export interface BuildErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string | undefined;
  /** The place in the Dockerfile (or another source text) that is to blame. */
  readonly span?: Span | undefined;
  readonly cause?: unknown;
  /** The exit status of the RUN command, where one failed. */
  readonly exitCode?: number | undefined;
  /** Further mistakes that were found in the same run. */
  readonly others?: readonly BuildError[] | undefined;
}

export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly span: Span | undefined;
  readonly exitCode: number | undefined;
  /** Further, independent errors of the same run, in the order of the file; they have no others themselves. */
  readonly others: readonly BuildError[];

  constructor(code: ErrorCode, message: string, options: BuildErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.span = options.span;
    this.exitCode = options.exitCode;
    this.others = options.others ?? [];
  }
}

/** True for a BuildError of any copy of this module (a brand, since `instanceof` fails across bundles). */
export function isBuildError(value: unknown): value is BuildError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** Returns `error` with `span` added where it is a BuildError that names no place yet; anything else as it is. */
export function withSpan(error: unknown, span: Span | undefined): unknown {
  if (!isBuildError(error) || error.span !== undefined) return error;
  return new BuildError(error.code, error.message, { ...error, cause: error.cause, span });
}

/** The errno name (`ENOENT`, ...) of a system error, or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
