// Puts what was selected into the image: the rules of where a COPY's files go and what metadata they
// get. A function from trees and entries to entries; no file is opened here.

import { posix } from 'node:path';
import { changedEntries, withoutRoot } from '../../image/changed-entries.ts';
import type { Entry } from '../../image/entry.ts';
import { joinPath } from '../context/scan-directory.ts';
import type { ModeChange } from './mode.ts';
import type { Owner } from './owner.ts';
import { ROOT } from './owner.ts';
import type { Selected } from './select.ts';
import type { CopySource, SourceNode } from './source.ts';
import type { ImageView } from './view.ts';
import { withParents } from './with-parents.ts';

export interface PlaceOptions {
  readonly destination: string;
  /** Undefined keeps the source's owner. */
  readonly owner: Owner | undefined;
  readonly chmod: ModeChange | undefined;
  /** Of directories that are made on the way: 0755, or an octal --chmod, as in the reference. */
  readonly directoryMode: number;
  /** True for paths (relative to what is copied) that --exclude keeps out; undefined where it keeps out nothing. */
  readonly excludes: ((path: string) => boolean) | undefined;
}

/** Places `items` of one source into `view`. */
export async function place(
  view: ImageView,
  source: CopySource,
  items: readonly Selected[],
  options: PlaceOptions,
): Promise<void> {
  const { destination } = options;
  const asDirectory = /\/\.?$/.test(destination);
  for (const { name, node, part } of items) {
    const all = part?.entries ?? (await source.walk(node));
    const target = targetOf(view, posix.normalize(destination), {
      name,
      isDirectory: node.isDirectory,
      asDirectory,
    });
    const parent = node.isDirectory ? target : parentOf(target);
    view.makeDirectory(parent, options.directoryMode, options.owner ?? ROOT);
    view.takeFrom(source, (path) => joinPath(node.path, below(target, path)));
    const keeps = keeper(part, options);
    if (keeps !== undefined)
      placePart(view, withParents(all, keeps), { node, target, keeps }, options);
    else if (node.isDirectory) view.putAll(target, placedIn(target, withoutRoot(all), options));
    else for (const entry of placedIn(target, all, options)) view.put(entry);
    // The directory itself is not copied: its contents are, and its time.
    const [self] = all;
    if (node.isDirectory && self !== undefined) view.date(target, self.mtime);
  }
}

function placedIn(target: string, entries: Iterable<Entry>, options: PlaceOptions) {
  return changedEntries(entries, (entry) =>
    placed(entry, joinPath(target, entry.path), target, options),
  );
}

interface Part {
  readonly node: SourceNode;
  readonly target: string;
  /** True for what is taken by itself. */
  readonly keeps: (path: string) => boolean;
}

function placePart(
  view: ImageView,
  entries: Iterable<Entry>,
  { node, target, keeps }: Part,
  options: PlaceOptions,
): void {
  for (const entry of node.isDirectory ? withoutRoot(entries) : entries) {
    const path = joinPath(target, entry.path);
    const there = keeps(entry.path) ? undefined : view.at(path);
    if (there?.type === 'dir') view.put(lent(entry, path, there));
    else view.put(placed(entry, path, target, options));
  }
}

/** True for what is taken by itself and not as a parent of something; undefined where everything is. */
function keeper(
  part: Selected['part'],
  { excludes }: PlaceOptions,
): ((path: string) => boolean) | undefined {
  if (part === undefined && excludes === undefined) return undefined;
  return (path) => path === '' || (part?.includes(path) !== false && excludes?.(path) !== true);
}

/** The real path that the item gets (a file), or into which its contents go (a directory). */
function targetOf(
  view: ImageView,
  destination: string,
  item: { readonly name: string; readonly isDirectory: boolean; readonly asDirectory: boolean },
): string {
  const found = view.resolve(destination);
  if (item.isDirectory) return found.path;
  if (found.isDirectory || item.asDirectory) return joinPath(found.path, posix.basename(item.name));
  return found.path;
}

function placed(entry: Entry, path: string, target: string, options: PlaceOptions): Entry {
  const { owner, chmod } = options;
  if (owner === undefined && chmod === undefined && entry.type !== 'hardlink')
    return { ...entry, path };
  const mode =
    chmod === undefined || entry.type === 'symlink'
      ? entry.mode
      : chmod({ mode: entry.mode, isDirectory: entry.type === 'dir' });
  return {
    ...entry,
    path,
    mode,
    ...(owner ?? {}),
    ...(entry.type === 'hardlink' ? { link: joinPath(target, entry.link ?? '') } : {}),
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

/** The path relative to `folder`, which it is or lies in. */
function below(folder: string, path: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
