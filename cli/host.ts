// What a command may touch of the process that it runs in. main.ts makes the one real Host; tests
// make their own. Nothing else in cli/ reads process.env or the standard streams.

import type { Readable, Writable } from 'node:stream';

/** A standard output stream; `columns` and `rows` are there where it is a terminal. */
export interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** As `process.platform` and `process.arch` name them. */
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
}
