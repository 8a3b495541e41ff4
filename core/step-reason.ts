// Why a step was run or reused, as data. The words that people read are made of it (builder/exec/reason-text.ts),
// and so are the answers of `slipway why`. Records are named by their keys, lists are cut short.

import type { Digest } from './digest.ts';

/** What stands at a path: of a file and a directory with the digest of what is in it. */
export interface PathState {
  readonly type: 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly digest?: Digest;
  /** A symlink's target. */
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Name to value in base64. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** What happened to a path between two trees. Paths have no slash in front; '' is the root. */
export type PathChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: PathState }
  | {
      readonly kind: 'changed';
      readonly path: string;
      readonly before: PathState;
      readonly after: PathState;
    }
  | { readonly kind: 'removed'; readonly path: string; readonly before: PathState };

/** The first of some changes, and how many more there are; past a thousand they are not counted. */
export interface PathChanges {
  readonly paths: readonly PathChange[];
  readonly more: number;
}

/** A path that a step looked at, and that it would now find otherwise. */
export type ReadChange =
  | {
      readonly what: 'path';
      /** How the step looked at it: letters of runner-native/PROTOCOL.md, and `w` for what it changed itself. */
      readonly uses: string;
      readonly change: PathChange;
    }
  /** A folder that was listed has other names in it, or other kinds of things under the same names. */
  | {
      readonly what: 'names';
      readonly path: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly string[];
    }
  /** The file at the path has other names beside that one (hard links). */
  | { readonly what: 'links'; readonly path: string };

/** A part of a key that is another. */
export interface PartChange {
  readonly name: string;
  /** Of a list of things (variables, sources, mounts): the names of those that differ. */
  readonly items: readonly string[];
  /** False where the part was not there before. */
  readonly known: boolean;
  /** Of the input tree, and of what was copied: what changed in it, where both trees are still there. */
  readonly files?: PathChanges;
}

/** Why records were not asked. */
export type Bypass =
  | '--no-cache'
  | '--no-cache-filter'
  /** The comment `# slipway: cache=none` above the step. */
  | 'cache=none';

export type StepReason =
  /** Reused: there is a record with the same key. */
  | { readonly kind: 'same' }
  /** Reused (traced): `record` was made on another input, and the step never read what differs. */
  | { readonly kind: 'unread'; readonly record: Digest; readonly ignored: PathChanges }
  /** Reused: what a COPY, ADD or WORKDIR looks up in its input is the same as for `record`. */
  | { readonly kind: 'untouched'; readonly record: Digest; readonly instruction: string }
  /** Run: the step read what is now another than it was for `record`. `more` changes are not listed. */
  | {
      readonly kind: 'read';
      readonly record: Digest;
      readonly changes: readonly ReadChange[];
      readonly more: number;
    }
  /** Run: the key has other parts than that of `record`, the step's last. `untraced`: why what it read does not decide. */
  | {
      readonly kind: 'parts';
      readonly record: Digest;
      readonly changes: readonly PartChange[];
      readonly untraced?: string;
    }
  /** Run: the step was not run before. */
  | { readonly kind: 'new' }
  /** Run: the record is there, but not all of its result. */
  | { readonly kind: 'lost'; readonly record: Digest }
  /** Run: what `record` holds is older than it may be. In milliseconds. */
  | {
      readonly kind: 'expired';
      readonly record: Digest;
      readonly age: number;
      readonly ttl: number;
    }
  /** Run: the records were not asked. */
  | { readonly kind: 'bypassed'; readonly by: Bypass };

/** What the runner saw of a RUN that was observed. */
export interface Observation {
  /** The read set, an object of the store; undefined where the step was not fully observed. */
  readonly reads: Digest | undefined;
  /** Which of the names in it are names of one file, an object of the store; undefined where none are. */
  readonly links?: Digest | undefined;
  /** Why it was not fully observed. */
  readonly incomplete?: string;
  /** The step used the network, or tried to. */
  readonly network: boolean;
  /** How many system calls were looked at, and how long that took. */
  readonly calls: number;
  readonly supervisorMs: number;
}
