// What a container would see of a stack of layers: the tree that is left when they are applied in
// order, whiteouts included. Written apart from slipway's own reader, which it checks.

import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';

export interface Found {
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds. */
  readonly mtime: number;
  readonly size: number;
  /** Of a file: sha256 in hex. Of a symbolic link: where it leads. Of a device: its numbers. */
  readonly content: string;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** By absolute path. Two paths with the same object are two names of one file. */
export type FlatTree = Map<string, Found>;

/** Applies layers, each a tar or a gzipped tar, bottom first. */
export async function flatten(layers: readonly Buffer[]): Promise<FlatTree> {
  const tree: FlatTree = new Map();
  for (const layer of layers) {
    const { entries, gone, opaque } = await readLayer(inflate(layer), tree);
    for (const folder of opaque) removeBelow(tree, folder);
    for (const path of gone) {
      tree.delete(path);
      removeBelow(tree, path);
    }
    for (const [path, entry] of entries) {
      if (entry.type !== 'directory') removeBelow(tree, path);
      tree.set(path, entry);
    }
  }
  tree.delete('/');
  return tree;
}

/** Unpacks a gzipped layer; gives a plain one back. */
export function inflate(layer: Buffer): Buffer {
  return layer[0] === 0x1f && layer[1] === 0x8b ? gunzipSync(layer) : layer;
}

interface LayerParts {
  readonly entries: FlatTree;
  readonly gone: readonly string[];
  readonly opaque: readonly string[];
}

async function readLayer(tar: Buffer, below: FlatTree): Promise<LayerParts> {
  const entries: FlatTree = new Map();
  const gone: string[] = [];
  const opaque: string[] = [];
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const { header } = entry;
    const path = absolute(header.name);
    const name = posix.basename(path);
    const folder = posix.dirname(path);
    const content = await digest(entry as AsyncIterable<Uint8Array>);
    if (name === '.wh..wh..opq') opaque.push(folder);
    else if (name.startsWith('.wh.')) gone.push(posix.join(folder, name.slice(4)));
    else if (header.type === 'link') {
      const target = absolute(header.linkname ?? '');
      const file = entries.get(target) ?? below.get(target);
      if (file === undefined) throw new Error(`${path} is a hard link to nothing`);
      entries.set(path, file);
    } else entries.set(path, found(header, content));
  }
  return { entries, gone, opaque };
}

function found(header: Header, sha256: string): Found {
  const { type = 'file', mode = 0, mtime, size = 0 } = header;
  // What does not fit into a header stands before it, where tar-stream leaves it.
  const pax = new Map(Object.entries(header.pax ?? {}));
  const said = (key: string, plain: number): number => Math.floor(Number(pax.get(key) ?? plain));
  const contents: Readonly<Record<string, string>> = {
    file: sha256,
    symlink: header.linkname ?? '',
    'character-device': `${header.devmajor}:${header.devminor}`,
    'block-device': `${header.devmajor}:${header.devminor}`,
  };
  const prefix = 'SCHILY.xattr.';
  const xattrs = [...pax].filter(([key]) => key.startsWith(prefix));
  return {
    type,
    mode: type === 'symlink' ? 0o777 : mode & 0o7777,
    uid: said('uid', header.uid ?? 0),
    gid: said('gid', header.gid ?? 0),
    mtime: said('mtime', (mtime?.getTime() ?? 0) / 1000),
    size: type === 'file' ? size : 0,
    content: contents[type] ?? '',
    xattrs: Object.fromEntries(
      xattrs.map(([key, value]) => [key.slice(prefix.length), String(value)]),
    ),
  };
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function removeBelow(tree: FlatTree, folder: string): void {
  const prefix = folder === '/' ? '/' : `${folder}/`;
  for (const path of [...tree.keys()]) if (path.startsWith(prefix)) tree.delete(path);
}

function absolute(name: string): string {
  return posix.join('/', name).replace(/(?<=.)\/$/, '');
}
