// One image as lines of text that can be compared and read: its config, its history, and the files in
// which it differs from the base that it stands on.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageConfig } from '../../image/model.ts';
import { type FlatTree, type Found, flatten } from './flatten.ts';

export interface Image {
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Buffer[];
}

/** Larger files are programs of the base, which another machine has in another version. */
const MAX_SHOWN_BYTES = 1 << 20;

/** Reads the (first) image of the OCI layout in `folder`. */
export function readImage(folder: string): Image {
  const read = (digest: string): Buffer =>
    readFileSync(join(folder, 'blobs', digest.replace(':', '/')));
  let document = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  while (document.manifests) document = JSON.parse(read(document.manifests[0].digest).toString());
  return {
    config: JSON.parse(read(document.config.digest).toString()),
    layers: (document.layers ?? []).map(({ digest }: { digest: string }) => read(digest)),
  };
}

/**
 * Describes `image`. What it has of the longest of `bases` that it stands on is left out. A time is said where
 * `timeOf` is true of it: those that came with the build are not the same twice.
 */
export async function describeImage(
  image: Image,
  bases: readonly Image[],
  timeOf: (path: string, seconds: number) => boolean,
): Promise<string[]> {
  const base = baseOf(image, bases);
  const baseHistory = base?.config.history?.length ?? 0;
  const before = await flatten(base?.layers ?? []);
  const after = await flatten(image.layers);
  return [
    ...describeConfig(image.config),
    ...(image.config.history ?? [])
      .slice(baseHistory)
      .map(
        ({ created_by = '', empty_layer, author }) =>
          `${empty_layer ? 'step' : 'layer'} ${JSON.stringify(created_by)}${author ? ` by ${author}` : ''}`,
      ),
    ...describeTree(before, after, timeOf),
  ];
}

function baseOf(image: Image, bases: readonly Image[]): Image | undefined {
  const ids = image.config.rootfs.diff_ids ?? [];
  return bases
    .filter(({ config }) => (config.rootfs.diff_ids ?? []).every((id, index) => ids[index] === id))
    .sort((a, b) => b.layers.length - a.layers.length)[0];
}

function describeConfig({ config = {}, os, architecture, variant, author }: ImageConfig): string[] {
  const fields = Object.entries(config)
    .filter(([, value]) => !isEmpty(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} ${JSON.stringify(sorted(value))}`);
  const platform = [os, architecture, ...(variant ? [variant] : [])].join('/');
  return [`platform ${platform}`, ...(author ? [`author ${author}`] : []), ...fields];
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '' || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A map has no order; a list has. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describeTree(
  before: FlatTree,
  after: FlatTree,
  timeOf: (path: string, seconds: number) => boolean,
): string[] {
  const lines: string[] = [];
  const names = new Map<Found, string>();
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const file = after.get(path);
    const old = before.get(path);
    if (file === undefined) {
      if (!isGone(before, after, path)) lines.push(`gone ${quote(path)}`);
      continue;
    }
    const first = names.get(file);
    const text = describeFile(path, file, first);
    names.set(file, first ?? path);
    if (old !== undefined && describeFile(path, old, first) === text) continue;
    lines.push(timeOf(path, file.mtime) ? `${text} @${file.mtime}` : text);
  }
  return lines;
}

/** Said once, of the topmost folder that is gone. */
function isGone(before: FlatTree, after: FlatTree, path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return before.has(parent) && !after.has(parent);
}

function describeFile(path: string, file: Found, first: string | undefined): string {
  const { type, mode, uid, gid, size, content, xattrs } = file;
  const shown = type === 'file' ? (size > MAX_SHOWN_BYTES ? 'large' : content.slice(0, 16)) : '';
  const details = [
    ...(type === 'file' && shown !== 'large' ? [String(size)] : []),
    ...(shown === '' ? [] : [shown]),
    ...(type === 'file' || content === '' ? [] : ['->', quote(content)]),
    ...(first === undefined ? [] : ['same as', quote(first)]),
    ...Object.entries(xattrs).map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`),
  ];
  const octal = mode.toString(8).padStart(4, '0');
  return [type, octal, `${uid}:${gid}`, quote(path), ...details].join(' ');
}

function quote(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : JSON.stringify(text);
}
