// Unpacked layers against their lists of entries: metadata, and the content of every file.

import type { LayerForm } from '../../cache/layer-folders.ts';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import { digestChunks } from '../../image/digest-chunks.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerList } from '../../image/layer-list.ts';
import { sortEntries } from '../../image/tree/sort-entries.ts';
import { layerForm } from '../exec/isolation.ts';
import { dumpFolder } from '../exec/layer-transfer.ts';
import type { Isolation } from '../exec/runner.ts';
import type { Fault } from './fault.ts';

export interface VerifiedLayers {
  readonly faults: readonly Fault[];
  readonly count: number;
  /** Layers that are there only in a form that this rung of isolation cannot read. */
  readonly unread: number;
}

/** Looks at every unpacked layer. The folders of those that are not as recorded are added to `dropped`, where it is given. */
export async function verifyLayers(
  store: Store,
  isolation: Isolation,
  dropped: string[] | undefined,
  signal: AbortSignal,
): Promise<VerifiedLayers> {
  const faults: Fault[] = [];
  const form = layerForm(isolation);
  const names = await store.layers.list();
  let unread = 0;
  for (const name of names) {
    signal.throwIfAborted();
    if (!store.layers.has(name, form)) {
      unread++;
      continue;
    }
    const what = await faultOf(store, isolation, name, form);
    if (what === undefined) continue;
    faults.push({ kind: 'layer', name, what, heals: true });
    dropped?.push(store.layers.container(name));
  }
  return { faults, count: names.length - unread, unread };
}

/** What is wrong with an unpacked layer, if anything. */
async function faultOf(
  store: Store,
  isolation: Isolation,
  layer: Digest,
  form: LayerForm,
): Promise<string | undefined> {
  const list = LayerList.open(store.objects, layer);
  if (list === undefined) return 'its list of entries is not in the store';
  const left = new Map([...list].map((entry) => [placeOf(entry), entry]));
  try {
    for (const entry of await entriesOnDisk(isolation, store.layers.path(layer, form))) {
      const recorded = left.get(placeOf(entry));
      left.delete(placeOf(entry));
      if (recorded === undefined && !mayBeUnrecorded(entry)) {
        return `${entry.path} is not among its entries`;
      }
      if (recorded !== undefined && !isAsRecorded(entry, recorded)) {
        return `${entry.path} is not as it was recorded`;
      }
    }
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return error.message;
  }
  for (const entry of left.values()) {
    if (!mayBeMissing(isolation, entry)) return `${entry.path} is missing`;
  }
  return undefined;
}

/** A user namespace makes no device nodes, and neither do many containers; where there is no overlayfs, removals are recorded only. */
function mayBeMissing({ rung }: Isolation, { type }: Entry): boolean {
  if (type === 'char' || type === 'block') return rung === 'rootless' || rung === 'chroot';
  return rung === 'chroot' && (type === 'whiteout' || type === 'opaque');
}

async function entriesOnDisk(isolation: Isolation, folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry, chunks } of dumpFolder(isolation, folder)) {
    const isFile = entry.type === 'file';
    entries.push(isFile ? { ...entry, digest: await digestChunks(chunks) } : entry);
  }
  return sortEntries(entries);
}

/** A folder and its opaque mark have one path. */
function placeOf({ path, type }: Entry): string {
  return type === 'opaque' ? `${path}\0` : path;
}

/** What RUN leaves out of its list: the root folder as it was, and whiteouts of what was not there. */
function mayBeUnrecorded({ path, type }: Entry): boolean {
  return path === '' || type === 'whiteout';
}

/** Attributes that the file system did not take are not on disk; those that are must be the recorded ones. */
function isAsRecorded(found: Entry, recorded: Entry): boolean {
  const same = (['type', 'mode', 'uid', 'gid', 'size', 'digest', 'link'] as const).every(
    (field) => found[field] === recorded[field],
  );
  const isTimed = found.type !== 'whiteout' && found.type !== 'opaque' && found.path !== '';
  return (
    same &&
    (!isTimed || found.mtime === recorded.mtime) &&
    (found.major ?? 0) === (recorded.major ?? 0) &&
    (found.minor ?? 0) === (recorded.minor ?? 0) &&
    Object.entries(found.xattrs ?? {}).every(([name, value]) => recorded.xattrs?.[name] === value)
  );
}
