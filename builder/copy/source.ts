// Where COPY, ADD and bind mounts take files from: a context folder, or the tree of a snapshot.
// Paths are relative to the source's root, '' being the root; links are resolved inside it, so that
// no link leads out.

import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import type { FileContent, PlaceOf } from '../../image/layer.ts';
import type { IgnoreRule } from '../context/ignore.ts';

export interface CopySource {
  /** As people know it: `the build context`, `stage build`. */
  readonly name: string;
  /** What `path` leads to, links followed; undefined where there is nothing (or only ignored things). */
  stat(path: string): Promise<SourceNode | undefined>;
  /** The names in the directory at the real path `path`, in byte order. */
  list(path: string): Promise<readonly string[]>;
  /**
   * The entries at and below the real path of `node`, in canonical order, with paths relative to it
   * ('' is the node itself) and digests of files. Links are not followed. Where `keep` is given, what is
   * no directory comes only if it is true for its path: the rest is not read. There may be millions: they are made
   * while they are gone through, and each time again.
   */
  walk(node: SourceNode, keep?: (path: string) => boolean): Promise<Iterable<Entry>>;
  /** The ignore rule that keeps out what is at `path`, links followed; undefined where none does or nothing is there. */
  hiddenBy?(path: string): Promise<IgnoreRule | undefined>;
  /** Identifies everything that `walk` yields except times. */
  identity(node: SourceNode): Promise<Digest>;
  /** Yields contents in the order asked for; `path` is the real path in the source. */
  read(files: readonly SourceFile[]): AsyncIterable<FileContent>;
  /** Tells where files lie, for who can read them there in place of `read`; undefined where none does. */
  places?(): Promise<PlaceOf<SourceFile> | undefined>;
}

export interface SourceNode {
  /** The real path, free of links. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** A file of a source: where it is, and the entry that says what it must hold. */
export interface SourceFile {
  readonly path: string;
  readonly entry: Entry;
}
