// How much disk files take: blocks, not lengths, as du(1) counts them. A file with several names counts once.
// Nothing is opened but folders, and no link is followed.

import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { errnoOf } from '../core/errors.ts';

/** What st_blocks counts in, whatever the file system's own blocks are (stat(2)). */
const BLOCK_BYTES = 512;

/** So many files are looked at before others get their turn: a signal must not wait for a large store. */
const BREATH = 5000;

export interface DiskUsage {
  /** Of disk. */
  readonly bytes: number;
  /** Folders that this user may not list: what is in them is not counted. */
  readonly unread: number;
}

/** Counts folders and files; what was counted under one name is not counted again under another. */
export class DiskCounter {
  readonly #linked = new Set<string>();
  readonly #skipped: ReadonlySet<string>;

  /** The paths of `skipped` are left out with everything in them. */
  constructor(skipped: Iterable<string> = []) {
    this.#skipped = new Set(skipped);
  }

  /** What `path` takes with everything in it; nothing where it is not there. */
  async count(path: string): Promise<DiskUsage> {
    let [bytes, unread, seen] = [0, 0, 0];
    const waiting = [path];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (this.#skipped.has(at)) continue;
      if (++seen % BREATH === 0) await breathe();
      const status = lstat(at);
      if (status === undefined || !this.#isNew(status)) continue;
      bytes += status.blocks * BLOCK_BYTES;
      if (!status.isDirectory()) continue;
      const names = list(at);
      if (names === undefined) unread++;
      else for (const name of names) waiting.push(join(at, name));
    }
    return { bytes, unread };
  }

  #isNew(status: Stats): boolean {
    if (status.nlink < 2 || status.isDirectory()) return true;
    const identity = `${status.dev}:${status.ino}`;
    if (this.#linked.has(identity)) return false;
    this.#linked.add(identity);
    return true;
  }
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isGoneOrClosed(error)) return undefined;
    throw error;
  }
}

function list(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    if (isGoneOrClosed(error)) return undefined;
    throw error;
  }
}

function isGoneOrClosed(error: unknown): boolean {
  return ['ENOENT', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '');
}
