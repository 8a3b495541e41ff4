// Puts what was selected into the image: the rules of where a COPY's files go and what metadata they
// get. A function from trees and entries to entries; no file is opened here.

import { posix } from 'node:path';
import type { Entry } from '../../image/entry.ts';
import type { ModeChange } from './mode.ts';
import type { Owner } from './owner.ts';
import { ROOT } from './owner.ts';
import type { Selected } from './select.ts';
import type { CopySource } from './source.ts';
import type { ImageView } from './view.ts';
import { withParents } from './with-parents.ts';

export interface PlaceOptions {
  readonly destination: string;
  /** Undefined keeps the source's owner. */
  readonly owner: Owner | undefined;
  readonly chmod: ModeChange | undefined;
  /** Of directories that are made on the way: 0755, or an octal --chmod, as in the reference. */
  readonly directoryMode: number;
  /** True for paths (relative to what is copied) that --exclude keeps out. */
  readonly excludes: (path: string) => boolean;
}

/** Gives the contents of files: a source, or an archive in one. */
export type ContentSource = Pick<CopySource, 'read'>;

/** Where the bytes of a placed file are. */
export type Origin = { readonly source: ContentSource; readonly path: string };

/** Places `items` of one source into `view` and notes in `origins` where each placed file's bytes are. */
export async function place(
  view: ImageView,
  source: CopySource,
  items: readonly Selected[],
  options: PlaceOptions,
  origins: Map<string, Origin>,
): Promise<void> {
  const { destination } = options;
  const asDirectory = /\/\.?$/.test(destination);
  for (const { name, node, part } of items) {
    const keeps = (path: string): boolean =>
      path === '' || (part?.includes(path) !== false && !options.excludes(path));
    const entries = withParents(part?.entries ?? (await source.walk(node)), keeps);
    const target = targetOf(view, posix.normalize(destination), {
      name,
      isDirectory: node.isDirectory,
      asDirectory,
    });
    const parent = node.isDirectory ? target : parentOf(target);
    view.makeDirectory(parent, options.directoryMode, options.owner ?? ROOT);
    for (const entry of entries) {
      // The directory itself is not copied: its contents are, and its time.
      if (entry.path === '' && node.isDirectory) continue;
      const path = join(target, entry.path);
      const there = keeps(entry.path) ? undefined : view.at(path);
      if (there?.type === 'dir') view.put(lent(entry, path, there));
      else view.put(placed(entry, path, target, options));
      if (entry.type === 'file' || entry.type === 'hardlink')
        origins.set(path, { source, path: join(node.path, entry.path) });
    }
    const [first] = entries;
    if (node.isDirectory && first !== undefined) view.date(target, first.mtime);
  }
}

/** The real path that the item gets (a file), or into which its contents go (a directory). */
function targetOf(
  view: ImageView,
  destination: string,
  item: { readonly name: string; readonly isDirectory: boolean; readonly asDirectory: boolean },
): string {
  const found = view.resolve(destination);
  if (item.isDirectory) return found.path;
  if (found.isDirectory || item.asDirectory) return join(found.path, posix.basename(item.name));
  return found.path;
}

function placed(entry: Entry, path: string, target: string, options: PlaceOptions): Entry {
  const { owner, chmod } = options;
  const mode =
    chmod === undefined || entry.type === 'symlink'
      ? entry.mode
      : chmod({ mode: entry.mode, isDirectory: entry.type === 'dir' });
  return {
    ...entry,
    path,
    mode,
    ...(owner ?? {}),
    ...(entry.type === 'hardlink' ? { link: join(target, entry.link ?? '') } : {}),
  };
}

/** A directory that is only on the way to what is taken lends its mode to one that is there, and no more. */
function lent(
  { type, mode, mtime, size }: Entry,
  path: string,
  { uid, gid, xattrs }: Pick<Entry, 'uid' | 'gid' | 'xattrs'>,
): Entry {
  return { path, type, mode, uid, gid, mtime, size, ...(xattrs === undefined ? {} : { xattrs }) };
}

function join(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
