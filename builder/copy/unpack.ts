// Puts what an archive holds into the image, with the reference's rules: owners and modes are the
// archive's, what is in the way is replaced, directories are merged. Links of the image are followed
// as if the destination were the root, so nothing lands outside it. No file is opened here.

import { posix } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../../image/entry.ts';
import type { Archive } from './archive.ts';
import { type Owner, ROOT } from './owner.ts';
import type { ImageView } from './view.ts';

export interface UnpackOptions {
  /** Made where it is missing; always a directory, with or without a slash. */
  readonly destination: string;
  /** Undefined keeps the archive's owners. */
  readonly owner: Owner | undefined;
}

/** As many links as Linux follows before it answers ELOOP. */
const MAX_LINKS = 40;

/** Unpacks `archive` into `view`. Throws E_COPY_DESTINATION, E_LAYER_INVALID, E_SYMLINK_LOOP. */
export function unpack(
  view: ImageView,
  archive: Archive,
  { destination, owner }: UnpackOptions,
): void {
  const { path: root } = view.resolve(posix.normalize(destination));
  view.makeDirectory(root, 0o755, owner ?? ROOT);
  // An archive knows its contents by their digests, and needs no paths.
  view.takeFrom(archive, (path) => path);
  const placed = new Map<string, Entry>();
  for (const entry of archive.entries) {
    // The destination keeps its own metadata, whatever the archive says of `./`.
    if (entry.path === '') continue;
    const slash = entry.path.lastIndexOf('/');
    const parent = realPath(view, root, slash === -1 ? '' : entry.path.slice(0, slash));
    // Implied directories are root's even with --chown, as in the reference.
    view.makeDirectory(parent, 0o755, ROOT);
    const path = join(parent, entry.path.slice(slash + 1));
    const target = entry.type === 'hardlink' ? targetOf(entry, placed) : undefined;
    const put = target === undefined ? fileAt(entry, path, owner) : linkTo(target, path);
    view.replace(put);
    if (entry.type !== 'dir') placed.set(entry.path, target ?? put);
  }
}

/** The reference takes times that no 64 bits of nanoseconds since 1970 can say, and those before, for 1970. */
const MAX_TIME = 2n ** 63n - 1n;

function fileAt(entry: Entry, path: string, owner: Owner | undefined): Entry {
  const mtime = entry.mtime < 0n || entry.mtime > MAX_TIME ? 0n : entry.mtime;
  return { ...entry, ...(owner ?? {}), mtime, path };
}

/** Another name of a file has the file's metadata. */
function linkTo({ path: link, mode, uid, gid, mtime }: Entry, path: string): Entry {
  return { path, type: 'hardlink', mode, uid, gid, mtime, size: 0, link };
}

/** A link to a file that only the image has would make the layer depend on what lies below it. */
function targetOf(entry: Entry, placed: ReadonlyMap<string, Entry>): Entry {
  const target = placed.get(entry.link ?? '');
  if (target !== undefined) return target;
  throw new BuildError(
    'E_LAYER_INVALID',
    `the hard link ${JSON.stringify(entry.path)} points to ${JSON.stringify(entry.link)}, which the archive does not have`,
  );
}

/**
 * Where the directory `path` of the archive is, links followed inside `root`. It need not be there yet, but what a link
 * on the way leads to must be.
 */
function realPath(view: ImageView, root: string, path: string): string {
  const rest = path.split('/').reverse();
  /** How many of `rest`, but for what a link has put there. */
  let ownLeft = rest.length;
  let real: string[] = [];
  let links = 0;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    const isOfLink = rest.length >= ownLeft;
    ownLeft = Math.min(ownLeft, rest.length);
    if (name === '' || name === '.') continue;
    if (name === '..') {
      real.pop();
      continue;
    }
    const there = view.at(join(root, [...real, name].join('/')));
    if (there?.type !== 'symlink') {
      if (there === undefined && isOfLink) throw nowhere(path);
      real.push(name);
      continue;
    }
    if (++links > MAX_LINKS) {
      throw new BuildError('E_SYMLINK_LOOP', `too many symbolic links in ${JSON.stringify(path)}`);
    }
    const { link } = there;
    if (link.startsWith('/')) real = [];
    rest.push(...link.split('/').reverse());
  }
  return join(root, real.join('/'));
}

function nowhere(path: string): BuildError {
  const message = `the archive has files in ${JSON.stringify(path)}, where a symbolic link leads to nothing`;
  return new BuildError('E_COPY_DESTINATION', message);
}

function join(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}
