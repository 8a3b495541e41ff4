// One `RUN --mount=type=cache`: which cache it means, what of it counts for the key, and its folder with
// the content that it begins with. A folder that is there is whole: it is filled elsewhere and comes by rename.

import { access, mkdir, mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsedCache } from '../../cache/cache-mounts.ts';
import { mountName, readAbout, writeAbout } from '../../cache/mount-about.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { changedEntries } from '../../image/changed-entries.ts';
import type { Entry } from '../../image/entry.ts';
import { END_OF_ENTRIES, encodeEntryHeader } from '../../image/entry-stream.ts';
import type { CopySource, SourceNode } from '../copy/source.ts';
import { layerForm } from '../exec/isolation.ts';
import { dumpFolder, entriesToStream, extractInto } from '../exec/layer-transfer.ts';
import type { PreparedMount } from '../exec/run-words.ts';
import type { Isolation } from '../exec/runner.ts';
import { removeAll } from '../exec/sandbox.ts';
import type { MountSpec } from '../plan/graph.ts';

export type CacheSpec = Extract<MountSpec, { readonly type: 'cache' }>;

/** What a new cache begins with: a folder of a source. */
interface Seed {
  readonly source: CopySource;
  readonly node: SourceNode;
  /** Of everything in it. */
  readonly identity: Digest;
}

export interface CacheMount {
  readonly spec: CacheSpec;
  /** Names the cache among all of the store. */
  readonly name: Digest;
  /** What it begins with: the source's content and the owner; '' is nothing, owned by root. */
  readonly begin: string;
  readonly seed: Seed | undefined;
}

/** Where a cache without a source is made. */
const EMPTY_ROOT = { mode: 0o755, uid: 0, gid: 0 };

/**
 * Finds out which cache a mount means. As in the reference, that is its id together with what it begins with: the
 * source and the owner. All of it is hashed, never a path: CVE-2024-9675 was an id that led out of the folder of caches.
 * Throws E_MOUNT where the source is no folder.
 */
export async function cacheMount(
  spec: CacheSpec,
  source: CopySource | undefined,
): Promise<CacheMount> {
  const seed = source && (await seedOf(spec, source));
  const { mode, uid, gid } = spec;
  const parts = { from: seed?.identity, mode: mode?.toString(8), uid, gid };
  const begin = Object.entries(parts)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
    .join(' ');
  return { spec, seed, begin, name: mountName({ id: spec.id, begin }) };
}

/** The mount as a line of the step's key. What is in the cache is no part of it. */
export function cacheKeyPart({ spec, begin }: CacheMount): string {
  const parts = [`cache ${spec.target} id=${spec.id}`, spec.readonly ? 'ro' : '', begin];
  return parts.filter((part) => part !== '').join(' ');
}

/** Makes the cache's folder where it is not there, and returns how to mount it. */
export async function prepareCache(
  { spec, seed, begin, name }: CacheMount,
  used: UsedCache,
  isolation: Isolation,
  temporary: () => Promise<string>,
): Promise<PreparedMount> {
  const form = layerForm(isolation);
  const folder = join(used.container, form);
  if (!(await isThere(folder))) {
    await mkdir(used.container, { recursive: true });
    // Beside its place: a folder that a sub-id owns may be renamed by us, but not to another parent.
    const made = await mkdtemp(`${folder}-`);
    // Made by the runner, so that the owner is one of the step's own ids.
    await extractInto(isolation, made, content(spec, seed));
    await rename(made, folder).catch(async (error: unknown) => {
      // Another step that shares it was first.
      if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
      await removeAll(isolation, [made]);
    });
  }
  if ((await readAbout(used.container, name)) === undefined) {
    await writeAbout(used.container, { id: spec.id, begin });
  }
  const point = { target: spec.target, kind: 'dir' } as const;
  if (!spec.readonly) return { point, words: ['bind', folder, spec.target, 'rw'] };
  if (isolation.rung !== 'chroot') return { point, words: ['bind', folder, spec.target, 'ro'] };
  // Nothing keeps a step from writing there: as with a bind, it has a copy, which goes with it.
  const copy = join(await temporary(), 'copy');
  await mkdir(copy);
  await extractInto(isolation, copy, streamOf(isolation, folder), ['root']);
  return { point, words: ['bind', copy, spec.target, 'rw'] };
}

async function* streamOf(isolation: Isolation, folder: string): AsyncIterable<Uint8Array> {
  for await (const { entry, chunks } of dumpFolder(isolation, folder)) {
    yield encodeEntryHeader(entry);
    yield* chunks;
  }
  yield END_OF_ENTRIES;
}

async function seedOf(spec: CacheSpec, source: CopySource): Promise<Seed> {
  const node = await source.stat(spec.path);
  if (node?.isDirectory) return { source, node, identity: await source.identity(node) };
  const what = node === undefined ? `is not in ${source.name}` : `in ${source.name} is no folder`;
  throw new BuildError('E_MOUNT', `--mount: "${spec.path}" ${what}`, {
    span: spec.span,
    hint: 'a cache is a folder, and begins as a copy of one',
  });
}

async function* content(
  { mode, uid, gid }: CacheSpec,
  seed: Seed | undefined,
): AsyncIterable<Uint8Array> {
  if (seed === undefined) {
    const root = { mode: mode ?? EMPTY_ROOT.mode, uid: uid ?? 0, gid: gid ?? 0 };
    yield encodeEntryHeader({ path: '', type: 'dir', ...root, mtime: 0n, size: 0 });
    yield END_OF_ENTRIES;
    return;
  }
  const { source, node } = seed;
  const walked = await source.walk(node);
  const entries = changedEntries(walked, (entry) =>
    entry.path === ''
      ? { ...entry, mode: mode ?? entry.mode, uid: uid ?? entry.uid, gid: gid ?? entry.gid }
      : entry,
  );
  const inSource = (entry: Entry) => ({ path: join(node.path, entry.path), entry });
  yield* entriesToStream(entries, { read: (files) => source.read(files.map(inSource)) });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
