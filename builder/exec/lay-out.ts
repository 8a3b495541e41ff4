// Writes files of a source into a folder on disk, for steps whose root is a folder (rung chroot). The runner
// makes a file of every name: overlayfs, too, parts the names of one file when one of them is written to.

import { join } from 'node:path';
import type { Entry } from '../../image/entry.ts';
import type { CopySource, SourceNode } from '../copy/source.ts';
import { entriesToStream, extractInto } from './layer-transfer.ts';
import type { Isolation } from './runner.ts';

export interface LayOut {
  readonly source: CopySource;
  readonly node: SourceNode;
  /** The folder. What is there already is replaced where an entry says so. */
  readonly into: string;
  /** What `node` itself is called there; '' is the folder. */
  readonly as?: string;
  /** Paths in the folder that go first, with everything below them. */
  readonly removed?: readonly string[];
  /** Which paths below `node` are written; absent: all. */
  readonly only?: ReadonlySet<string>;
}

/** Lays the files out. Throws what extracting and reading them throws. */
export async function layOut(isolation: Isolation, options: LayOut): Promise<void> {
  const { source, node, into, as = '' } = options;
  const entries = placed(await source.walk(node), options);
  const inSource = (entry: Entry) => {
    const path = as === '' ? entry.path : entry.path.slice(as.length + 1);
    return { path: below(node.path, path), entry };
  };
  const contents = { read: (files: readonly Entry[]) => source.read(files.map(inSource)) };
  await extractInto(isolation, into, entriesToStream(entries, contents), ['root']);
}

function* placed(
  found: Iterable<Entry>,
  { as = '', removed = [], only }: LayOut,
): Generator<Entry> {
  for (const path of removed) yield whiteout(path);
  for (const entry of found) {
    if (only?.has(entry.path) === false) continue;
    const path = below(as, entry.path);
    if (entry.type !== 'hardlink') yield { ...entry, path };
    else yield { ...entry, path, link: below(as, entry.link ?? '') };
  }
}

/** Copies what is at `node` for one step, which throws it away with what it wrote; returns where it is. */
export async function copyOut(
  isolation: Isolation,
  source: CopySource,
  node: SourceNode,
  temporary: () => Promise<string>,
): Promise<string> {
  const into = await temporary();
  await layOut(isolation, { source, node, into, as: 'copy' });
  return join(into, 'copy');
}

function whiteout(path: string): Entry {
  return { path, type: 'whiteout', mode: 0, uid: 0, gid: 0, mtime: 0n, size: 0 };
}

function below(folder: string, path: string): string {
  return folder === '' || path === '' ? `${folder}${path}` : `${folder}/${path}`;
}
