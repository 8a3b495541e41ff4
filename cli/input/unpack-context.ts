// Unpacks a context that came as a tar into a new folder. The tar is hostile: nothing in it is
// followed. What this run has made is kept in memory, so that every path is decided by that and
// not by a look at the disk: a folder on the way to an entry is one that was made here, never a
// link (CVE-2026-28406, CVE-2026-42574, npm tar's CVE-2026-23745).

import { chmod, link, mkdir, mkdtemp, open, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import { ChunkReader } from '../../image/stream/chunk-reader.ts';
import { checkLinkTarget, entryPath } from '../../image/tar/entry-path.ts';
import { readMembers, type TarMember } from '../../image/tar/member.ts';
import { newestOf } from '../../image/tar/newest.ts';

/** As many files as a layer may have. */
const MAX_ENTRIES = 2_000_000;

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
export async function unpackContext(chunks: AsyncIterable<Uint8Array>): Promise<UnpackedContext> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-context-'));
  const unpacking = new Unpacking(root);
  const reader = new ChunkReader(decompressLayer(chunks));
  let newest: number | undefined;
  try {
    let entries = 0;
    for await (const member of readMembers(reader)) {
      if (++entries > MAX_ENTRIES) {
        throw new BuildError('E_LAYER_LIMIT', `the context has more than ${MAX_ENTRIES} entries`);
      }
      newest = newestOf(newest, member);
      await unpacking.add(member);
    }
    await unpacking.finish();
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

const NEW_DIRECTORY: Made = { type: 'dir', mode: 0o755, mtime: 0 };

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
    await this.#makeParents(path);
    if (member.type === '5') return this.#addDirectory(path, member);
    await this.#makeRoom(path);
    switch (member.type) {
      case '0':
      case '7':
        await this.#addFile(path, member);
        this.#made.set(path, { type: 'file' });
        break;
      case '1': {
        const target = entryPath(member.link);
        if (this.#made.get(target)?.type !== 'file') {
          throw invalid(`the hard link ${quote(path)} leads to no file before it`);
        }
        await link(this.#at(target), this.#at(path));
        this.#made.set(path, { type: 'file' });
        break;
      }
      case '2':
        checkLinkTarget(path, member.link);
        await symlink(nameToBytes(member.link), this.#at(path));
        this.#made.set(path, { type: 'symlink' });
        break;
      default:
        throw new BuildError('E_UNSUPPORTED', `${quote(path)} of the context is no file`, {
          hint: 'devices and pipes cannot be part of a context: leave them out of the tar',
        });
    }
  }

  /** Gives folders their modes and times: last, since a mode may forbid to write into one. */
  async finish(): Promise<void> {
    for (const [path, made] of [...this.#made].reverse()) {
      if (made.type !== 'dir' || path === '') continue;
      await utimes(this.#at(path), made.mtime, made.mtime);
      await chmod(this.#at(path), made.mode);
    }
  }

  async dispose(): Promise<void> {
    for (const [path, made] of this.#made) {
      if (made.type === 'dir' && (made.mode & 0o700) !== 0o700) await chmod(this.#at(path), 0o700);
    }
    await rm(this.#root.toString(), { recursive: true, force: true });
  }

  async #makeParents(path: string): Promise<void> {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      const made = this.#made.get(parent);
      if (made === undefined) {
        await mkdir(this.#at(parent), { mode: 0o700 });
        this.#made.set(parent, NEW_DIRECTORY);
      } else if (made.type !== 'dir') {
        throw invalid(`${quote(path)} lies below ${quote(parent)}, which is a ${made.type}`);
      }
    }
  }

  async #addDirectory(path: string, member: TarMember): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined && known.type !== 'dir') await this.#makeRoom(path);
    if (known?.type !== 'dir') await mkdir(this.#at(path), { mode: 0o700 });
    this.#made.set(path, { type: 'dir', mode: member.mode, mtime: seconds(member.mtime) });
  }

  async #addFile(path: string, member: TarMember): Promise<void> {
    // What is there all the same (a file system that takes two names for one) is neither written nor followed.
    const file = await open(this.#at(path), 'wx', 0o600);
    try {
      for await (const chunk of member.chunks) await file.writeFile(chunk);
      await file.chmod(member.mode);
      await file.utimes(seconds(member.mtime), seconds(member.mtime));
    } finally {
      await file.close();
    }
  }

  /** Removes what stands where a new entry goes. */
  async #makeRoom(path: string): Promise<void> {
    const made = this.#made.get(path);
    if (made === undefined) return;
    if (made.type === 'dir') throw invalid(`${quote(path)} stands in it twice, once as a folder`);
    await rm(this.#at(path));
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
