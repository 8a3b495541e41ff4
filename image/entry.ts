// One entry of a layer: what a change does to one path. Layers from anywhere (a registry's tar, a
// RUN's upper folder, a COPY) are lists of these, so trees, tars and the runner speak one language.

import type { Digest } from '../core/digest.ts';

export type EntryType =
  | 'file'
  | 'dir'
  | 'symlink'
  /** Another name of the file at `link`, an earlier entry of the same layer or a file below it. */
  | 'hardlink'
  | 'char'
  | 'block'
  | 'fifo'
  /** The path (not its `.wh.` name) is removed from what lies below. */
  | 'whiteout'
  /** The directory at the path hides everything that lies below it; a `dir` entry for the path precedes it. */
  | 'opaque';

export interface Entry {
  /**
   * Relative to the root of the image: no leading or trailing slash, no empty, `.` or `..`
   * component; '' is the root directory itself. In the string form of core/names.ts.
   */
  readonly path: string;
  readonly type: EntryType;
  /** Permission, setuid, setgid and sticky bits: 0..0o7777. 0 for a whiteout or opaque. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch. Not part of a tree's identity, only of a layer's. */
  readonly mtime: bigint;
  /** Bytes; 0 for anything but a file. */
  readonly size: number;
  /** The content's digest; files only. */
  readonly digest?: Digest;
  /** A symlink's target as written, or a hardlink's `path`-form target. */
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Name to value in base64; absent where there are none. */
  readonly xattrs?: Readonly<Record<string, string>>;
}
