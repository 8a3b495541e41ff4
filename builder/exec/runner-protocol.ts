// What is said to the native runner and what it answers (runner-native/PROTOCOL.md): lists of words, events.

import type { ErrorCode } from '../../core/error-codes.ts';
import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import { ROOM_HINT } from '../../core/room-hint.ts';

export const RUNNER_PROTOCOL = 2;

export type RunnerEvent =
  | { readonly event: 'hello'; readonly version: number }
  | { readonly event: 'note'; readonly subject: string; readonly message: string }
  | { readonly event: 'started' }
  | { readonly event: 'exec-failed'; readonly code: number; readonly message: string }
  | {
      readonly event: 'exit';
      readonly code: number;
      readonly signal: number | null;
      readonly utime_us: number;
      readonly stime_us: number;
      readonly maxrss_kb: number;
      readonly written_bytes: number;
      readonly stdout_bytes: number;
      readonly stderr_bytes: number;
    }
  /** Paths and their uses by turns: PROTOCOL.md, "What a step looked at". */
  | { readonly event: 'looked'; readonly paths: readonly string[] }
  | {
      readonly event: 'observed';
      readonly complete: boolean;
      readonly reason: string | null;
      readonly network: boolean;
      readonly calls: number;
      readonly interrupted: number;
      readonly supervisor_us: number;
    }
  | {
      readonly event: 'error';
      readonly code: string;
      readonly errno: string | null;
      readonly message: string;
      readonly hint: string | null;
    }
  | {
      readonly event: 'done';
      readonly entries?: number;
      readonly bytes?: number;
      readonly stdout_bytes?: number;
      readonly stderr_bytes?: undefined;
      /** Of `pack`, in hex. */
      readonly diff_id?: string;
      readonly digest?: string;
      readonly crc?: number;
    }
  /** A block of a layer that was packed, and its compressed form. */
  | {
      readonly event: 'block';
      readonly size: number;
      readonly crc: number;
      readonly length: number;
      readonly piece_crc: number;
      readonly reused: boolean;
      /** States of sha256 behind it, in hex; not of what was passed over. */
      readonly tar_state?: string;
      readonly blob_state?: string;
    };

/** An event out of its line. Throws E_RUNNER_MISSING where the runner is one of another version. */
export function readEvent(line: string): RunnerEvent {
  const event = JSON.parse(line) as RunnerEvent;
  if (event.event === 'hello' && event.version !== RUNNER_PROTOCOL) {
    throw new BuildError('E_RUNNER_MISSING', `the runner speaks protocol ${event.version}`, {
      hint: 'run `npm run build:runner` to build the one that belongs to this slipway',
    });
  }
  return event;
}

/** The BuildError for a runner's `error` event. */
export function runnerError(event: Extract<RunnerEvent, { event: 'error' }>): BuildError {
  // With a hint of the runner's, ENOSPC is what the kernel says of too many namespaces.
  const isFull = event.hint === null && (event.errno === 'ENOSPC' || event.errno === 'EDQUOT');
  const code = RUNNER_CODES[event.code] ?? (isFull ? 'E_STORE_UNUSABLE' : 'E_SANDBOX');
  const hint = event.hint ?? (code === 'E_STORE_UNUSABLE' ? ROOM_HINT : undefined);
  return new BuildError(code, event.message, { hint });
}

const RUNNER_CODES: Readonly<Record<string, ErrorCode>> = {
  E_USER: 'E_UNKNOWN_USER',
  E_FILE_CHANGED: 'E_FILE_CHANGED',
  E_COPY_SOURCE: 'E_COPY_SOURCE',
  E_BLOB_WRITE: 'E_STORE_UNUSABLE',
  E_PIECE_LOST: 'E_BLOB_CORRUPT',
  E_LAYER_PATH: 'E_LAYER_INVALID',
  E_LAYER_ENTRY: 'E_LAYER_INVALID',
  E_ISOLATION: 'E_ISOLATION',
  E_NO_OVERLAY: 'E_ISOLATION',
  E_LIMIT: 'E_LIMIT',
};

/** A whole list of words, between version and `end`. */
export function encodeWords(words: readonly string[]): Buffer {
  // The word is not shown: it may be a secret.
  if (words.some((word) => word.includes('\0'))) {
    throw new BuildError('E_SANDBOX', 'a NUL character cannot be passed on to a step');
  }
  const whole = [`slipway-runner/${RUNNER_PROTOCOL}`, ...words, 'end'];
  return Buffer.concat(whole.flatMap((word) => [nameToBytes(word), NUL]));
}

const NUL = Buffer.from([0]);
