// Short ways to write layer entries in tests.

import { sha256 } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import type { LayerEntries } from '../../image/layer.ts';
import { LayerList, writeLayerList } from '../../image/layer-list.ts';
import { memoryObjects } from './memory-objects.ts';

type Rest = Partial<Omit<Entry, 'path' | 'type'>>;

const BASE = { uid: 0, gid: 0, mtime: 0n, size: 0 };

/** A file whose content is `text`. */
export function file(path: string, text = path, rest: Rest = {}): Entry {
  const bytes = Buffer.from(text);
  return {
    ...BASE,
    path,
    type: 'file',
    mode: 0o644,
    size: bytes.length,
    digest: sha256(bytes),
    ...rest,
  };
}

export function dir(path: string, rest: Rest = {}): Entry {
  return { ...BASE, path, type: 'dir', mode: 0o755, ...rest };
}

export function symlink(path: string, link: string, rest: Rest = {}): Entry {
  return { ...BASE, path, type: 'symlink', mode: 0o777, link, ...rest };
}

export function hardlink(path: string, link: string, rest: Rest = {}): Entry {
  return { ...BASE, path, type: 'hardlink', mode: 0o644, link, ...rest };
}

export function whiteout(path: string): Entry {
  return { ...BASE, path, type: 'whiteout', mode: 0 };
}

export function opaque(path: string): Entry {
  return { ...BASE, path, type: 'opaque', mode: 0 };
}

export function device(path: string, type: 'char' | 'block', major: number, minor: number): Entry {
  return { ...BASE, path, type, mode: 0o660, major, minor };
}

export function fifo(path: string): Entry {
  return { ...BASE, path, type: 'fifo', mode: 0o600 };
}

/** The entries as a layer gives them. */
export function listOf(entries: readonly Entry[]): LayerEntries {
  const objects = memoryObjects();
  const list = LayerList.open(objects, writeLayerList(objects, entries));
  if (list === undefined) throw new Error('a list that was written is not there');
  return list;
}
