// Writes one layer tar from a list of entries: sorted, owned by root, with one fixed time, so that
// the same entries are the same bytes on every machine.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tarStream from 'tar-stream';

/** Every time in a base image, in seconds since the epoch: 2025-01-01. */
export const BASE_TIME = 1735689600;

/** A folder entry. Paths have no slash at either end. */
export const dir = (path, mode = 0o755, uid = 0) => ({ type: 'directory', path, mode, uid });

/** A file with this text. */
export const text = (path, content, mode = 0o644) => ({ type: 'file', path, mode, content });

/** A file whose bytes are those of `from` on this machine (links followed). */
export const copyOf = (path, from, mode) => ({ type: 'file', path, mode, from });

/** A symbolic link. */
export const link = (path, target) => ({ type: 'symlink', path, mode: 0o777, target });

/** Another name for the file at `target`, an entry of the same layer that sorts before it. */
export const hardlink = (path, target) => ({ type: 'link', path, mode: 0o755, target });

/** Writes the entries, and the folders above them, to `file`. Returns { diffId, path }. */
export async function writeLayer(file, entries) {
  const pack = tarStream.pack();
  const hash = createHash('sha256');
  const bytes = new PassThrough();
  bytes.on('data', (chunk) => hash.update(chunk));
  const written = pipeline(pack, bytes, createWriteStream(file));
  for (const entry of withParents(entries)) await writeEntry(pack, entry);
  pack.finalize();
  await written;
  return { diffId: `sha256:${hash.digest('hex')}`, path: file };
}

async function writeEntry(pack, entry) {
  const size = entry.from ? statSync(entry.from).size : Buffer.byteLength(entry.content ?? '');
  const header = {
    name: entry.type === 'directory' ? `${entry.path}/` : entry.path,
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid ?? 0,
    gid: entry.uid ?? 0,
    mtime: new Date(BASE_TIME * 1000),
    ...(entry.type === 'file' && { size }),
    ...(entry.target && { linkname: entry.target }),
  };
  if (entry.type !== 'file') {
    pack.entry(header);
    return;
  }
  const sink = pack.entry(header);
  if (entry.from) createReadStream(entry.from).pipe(sink);
  else sink.end(entry.content);
  await once(sink, 'finish');
}

function withParents(entries) {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const parent = path.slice(0, cut);
      if (!all.has(parent)) all.set(parent, dir(parent));
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
