// Unpacks a context that came as a tar into a new folder. The tar is hostile: nothing in it is
// followed. What this run has made is kept in memory, so that every path is decided by that and
// not by a look at the disk: a folder on the way to an entry is one that was made here, never a
// link (CVE-2026-28406, CVE-2026-42574, npm tar's CVE-2026-23745).

import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import { LARGE_BUILD, limitHeapGrowth } from '../../core/heap-growth.ts';
import { nameToBytes } from '../../core/names.ts';
import { removeTree } from '../../core/remove-tree.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import { ChunkReader } from '../../image/stream/chunk-reader.ts';
import { checkLinkTarget, entryPath } from '../../image/tar/entry-path.ts';
import { readMembers, type TarMember } from '../../image/tar/member.ts';
import { newestOf } from '../../image/tar/newest.ts';

/** As many files as a layer may have, and bytes: holes of sparse files count, which cost whoever sends them nothing. */
const MAX_ENTRIES = 2_000_000;
const MAX_BYTES = 2 ** 40;

export interface UnpackLimits {
  readonly maxEntries?: number;
  readonly maxBytes?: number;
}

export interface UnpackedContext {
  readonly root: string;
  /** Seconds; when the newest file was changed, undefined where there is none. */
  readonly newest: number | undefined;
  /** Removes the folder. */
  dispose(): Promise<void>;
}

/**
 * Unpacks the tar `chunks`, plain or compressed, into a new folder below the system's folder for temporaries.
 * A later entry replaces an earlier one of the same name. Throws E_LAYER_INVALID,
 * E_LAYER_TRUNCATED, E_LAYER_LIMIT, E_UNSUPPORTED; nothing is left behind then.
 */
export async function unpackContext(
  chunks: AsyncIterable<Uint8Array>,
  { maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES }: UnpackLimits = {},
): Promise<UnpackedContext> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-context-'));
  const unpacking = new Unpacking(root);
  const reader = new ChunkReader(decompressLayer(chunks));
  let newest: number | undefined;
  try {
    let entries = 0;
    let bytes = 0;
    for await (const member of readMembers(reader)) {
      if (++entries > maxEntries) throw tooLarge(`more than ${maxEntries} entries`);
      bytes += member.size;
      if (bytes > maxBytes) throw tooLarge(`files of more than ${maxBytes} bytes`);
      if (entries > LARGE_BUILD) limitHeapGrowth();
      newest = newestOf(newest, member);
      await unpacking.add(member);
    }
    unpacking.finish();
  } catch (error) {
    await unpacking.dispose();
    throw error;
  } finally {
    await reader.cancel();
  }
  return { root, newest, dispose: () => unpacking.dispose() };
}

type Made =
  | { readonly type: 'dir'; readonly mode: number; readonly mtime: number }
  | { readonly type: 'file' | 'symlink' };

// One object for all of them: there may be millions.
const FILE: Made = { type: 'file' };
const SYMLINK: Made = { type: 'symlink' };
const NEW_DIRECTORY: Made = { type: 'dir', mode: 0o755, mtime: 0 };

/** Every call is synchronous: nothing else goes on yet, and a trip to the thread pool costs more than most of them. */
class Unpacking {
  readonly #root: Buffer;
  /** What stands at each path; folders come before what is in them. */
  readonly #made = new Map<string, Made>([['', NEW_DIRECTORY]]);

  constructor(root: string) {
    this.#root = Buffer.from(root);
  }

  async add(member: TarMember): Promise<void> {
    const path = entryPath(member.name);
    if (path === '') return;
    this.#makeParents(path);
    if (member.type === '5') return this.#addDirectory(path, member);
    this.#makeRoom(path);
    switch (member.type) {
      case '0':
      case '7':
        await this.#addFile(path, member);
        this.#made.set(path, FILE);
        break;
      case '1': {
        const target = entryPath(member.link);
        if (this.#made.get(target)?.type !== 'file') {
          throw invalid(`the hard link ${quote(path)} leads to no file before it`);
        }
        linkSync(this.#at(target), this.#at(path));
        this.#made.set(path, FILE);
        break;
      }
      case '2':
        checkLinkTarget(path, member.link);
        symlinkSync(nameToBytes(member.link), this.#at(path));
        this.#made.set(path, SYMLINK);
        break;
      default:
        throw new BuildError('E_UNSUPPORTED', `${quote(path)} of the context is no file`, {
          hint: 'devices and pipes cannot be part of a context: leave them out of the tar',
        });
    }
  }

  /** Gives folders their modes and times: last, since a mode may forbid to write into one. Nothing can be added then. */
  finish(): void {
    for (const [path, made] of this.#made) if (made.type !== 'dir') this.#made.delete(path);
    for (const [path, made] of [...this.#made].reverse()) {
      if (made.type !== 'dir' || path === '') continue;
      utimesSync(this.#at(path), made.mtime, made.mtime);
      chmodSync(this.#at(path), made.mode);
    }
  }

  async dispose(): Promise<void> {
    for (const [path, made] of this.#made) {
      if (made.type === 'dir' && (made.mode & 0o700) !== 0o700) chmodSync(this.#at(path), 0o700);
    }
    await removeTree(this.#root);
  }

  #makeParents(path: string): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      const made = this.#made.get(parent);
      if (made === undefined) {
        mkdirSync(this.#at(parent), { mode: 0o700 });
        this.#made.set(parent, NEW_DIRECTORY);
      } else if (made.type !== 'dir') {
        throw invalid(`${quote(path)} lies below ${quote(parent)}, which is a ${made.type}`);
      }
    }
  }

  #addDirectory(path: string, member: TarMember): void {
    const known = this.#made.get(path);
    if (known !== undefined && known.type !== 'dir') this.#makeRoom(path);
    if (known?.type !== 'dir') mkdirSync(this.#at(path), { mode: 0o700 });
    this.#made.set(path, { type: 'dir', mode: member.mode, mtime: seconds(member.mtime) });
  }

  async #addFile(path: string, member: TarMember): Promise<void> {
    // What is there all the same (a file system that takes two names for one) is neither written nor followed.
    const file = openSync(this.#at(path), 'wx', 0o600);
    try {
      const whole = member.chunks.takeBuffered();
      if (whole !== undefined) writeFileSync(file, whole);
      else for await (const chunk of member.chunks) writeFileSync(file, chunk);
      fchmodSync(file, member.mode);
      futimesSync(file, seconds(member.mtime), seconds(member.mtime));
    } finally {
      closeSync(file);
    }
  }

  /** Removes what stands where a new entry goes. */
  #makeRoom(path: string): void {
    const made = this.#made.get(path);
    if (made === undefined) return;
    if (made.type === 'dir') throw invalid(`${quote(path)} stands in it twice, once as a folder`);
    rmSync(this.#at(path));
    this.#made.delete(path);
  }

  /** A path of the tar on disk, as bytes: a name need not be UTF-8. */
  #at(path: string): Buffer {
    return Buffer.concat([this.#root, SLASH, nameToBytes(path)]);
  }
}

const SLASH = Buffer.from('/');

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}

function quote(path: string): string {
  return JSON.stringify(path);
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', `the context is malformed: ${message}`);
}

function tooLarge(why: string): BuildError {
  return new BuildError('E_LAYER_LIMIT', `the context has ${why}`);
}
