// The whole log of a build: `logs/<id>.log` in the store. Whatever a step writes is in it, however the terminal shows
// it, and nothing is clipped. It is written synchronously in pieces, so that a step that floods waits for the disk and
// fills no memory. A log that cannot be written stops no build, which is said once.

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent, EventSink } from '../../core/events.ts';
import { dropOldLogs, LARGE_LOG_BYTES, markLargeLog } from './old-logs.ts';

/** Bytes that wait for the disk, at most. */
const PIECE = 64 * 1024;

export class BuildLog {
  /** Where the log is, or will be. */
  readonly path: string;
  readonly #folder: string;
  readonly #tell: EventSink;
  #waiting: string[] = [];
  #size = 0;
  #written = 0;
  #fd: number | undefined;
  #hasFailed = false;

  /** The log of build `id` in the store at `home`; `tell` hears of one that cannot be written. */
  constructor(home: string, id: string, tell: EventSink) {
    this.#folder = join(home, 'logs');
    this.path = join(this.#folder, `${id}.log`);
    this.#tell = tell;
  }

  onEvent(event: BuildEvent): void {
    const line = lineOf(event);
    if (line === undefined || this.#hasFailed) return;
    this.#waiting.push(line);
    this.#size += line.length;
    if (this.#size >= PIECE) this.#write();
  }

  /** Writes what is left; a build of which nothing was told leaves no log. */
  close(): void {
    if (this.#size > 0 && !this.#hasFailed) this.#write();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #write(): void {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#size = 0;
    try {
      this.#fd ??= this.#open();
      const isLarge = this.#written > LARGE_LOG_BYTES;
      this.#written += bytes.length;
      if (!isLarge && this.#written > LARGE_LOG_BYTES) markLargeLog(this.#folder);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      this.#hasFailed = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#tell({ event: 'warning', code: 'Log', message: `the log is not whole: ${why}` });
    }
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    dropOldLogs(this.#folder);
    return openSync(this.path, 'wx', 0o600);
  }
}

function lineOf(event: BuildEvent): string | undefined {
  switch (event.event) {
    case 'log':
      return `#${event.id} ${visible(event.line)}\n`;
    case 'step-start':
      return `#${event.id} ${visible(event.step)}\n`;
    case 'step':
      return `#${event.id} ${event.status} after ${event.ms} ms: ${visible(event.reason)}\n`;
    case 'choice':
      return `${event.subject}: ${event.chosen} (${visible(event.why)})\n`;
    case 'warning':
      return `warning: ${visible(event.message)}\n`;
    default:
      return undefined;
  }
}

const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** A step may be hostile, and logs are read on terminals: control characters but tabs come as `\x1b`. */
function visible(text: string): string {
  return text.replace(
    CONTROLS,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
