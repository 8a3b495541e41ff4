// COPY and ADD: a function from trees to a tree. Nothing is mounted and no root file system is
// walked; the bytes of what was placed are read only when a RUN or an output needs them.

import { posix } from 'node:path';
import type { KeyParts } from '../../cache/records.ts';
import type { Digest } from '../../core/digest.ts';
import type { Span } from '../../core/source.ts';
import type { Spool } from '../../core/spool.ts';
import { emptyTree } from '../../image/tree/empty-tree.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { ignoreRules } from '../context/ignore.ts';
import { readArchive } from '../copy/archive.ts';
import { isArchive } from '../copy/archive-sniff.ts';
import { inlineSource } from '../copy/inline-source.ts';
import { parseMode } from '../copy/mode.ts';
import { type FoundOwner, ownerNote, resolveOwner } from '../copy/owner.ts';
import { partIdentity } from '../copy/part-identity.ts';
import { place } from '../copy/place.ts';
import { placedContents } from '../copy/placed-contents.ts';
import { type Selected, select } from '../copy/select.ts';
import { selectParents } from '../copy/select-parents.ts';
import type { CopySource } from '../copy/source.ts';
import { TreeSight } from '../copy/tree-sight.ts';
import { unpack } from '../copy/unpack.ts';
import { ImageView } from '../copy/view.ts';
import type { CopySpec } from '../plan/graph.ts';
import type { Op, OpResult } from './op.ts';

export interface CopyInputs {
  readonly objects: ObjectStore;
  /** The tree that is copied into. */
  readonly tree: Digest;
  /** The same tree as a source: for names in its passwd and group. */
  readonly image: CopySource;
  readonly from: CopySource;
  /** What `fetched` of the spec leads to, in its order. */
  readonly fetched: readonly CopySource[];
  /** Takes what is too much for the memory. */
  readonly spool: Spool;
  /** Makes a folder that lives as long as the build, for what archives hold. */
  readonly temporary: () => Promise<string>;
  readonly span: Span | undefined;
}

interface Selection {
  readonly source: CopySource;
  readonly items: readonly Selected[];
  /** Whether archives among them are unpacked. */
  readonly unpacks: boolean;
}

/** Binds a COPY or ADD to its inputs. */
export function copyOp(spec: CopySpec, inputs: CopyInputs): Op {
  const selections = once(() => selectAll(spec, inputs));
  const placed = once(async () => placeAll(spec, inputs, await selections()));
  return {
    async key() {
      return [...(await ownParts(spec, await selections())), ['input tree', inputs.tree]];
    },
    async keyOnAnyInput() {
      const { found, seen } = await placed();
      const touched: KeyParts = [
        ['owner', found === undefined ? '' : `${found.owner.uid}:${found.owner.gid}`],
        ['what it touches', seen],
      ];
      return [...(await ownParts(spec, await selections())), ...touched];
    },
    async run(step): Promise<OpResult> {
      const { entries, found } = await placed();
      const note = found && ownerNote(spec.chown ?? '', found);
      if (note !== undefined) step.log('stderr', note);
      return { entries };
    },
    async sourceOf(path) {
      const origin = (await placed()).originOf(path);
      return origin?.source === inputs.from ? origin.path : undefined;
    },
    async contents() {
      return placedContents(placed);
    },
  };
}

/** What the result depends on, whatever it is copied into. */
async function ownParts(spec: CopySpec, selections: readonly Selection[]): Promise<KeyParts> {
  const sources: string[] = [];
  for (const { source, items } of selections) {
    for (const { name, node, part } of items) {
      const identity = part ? partIdentity(part.entries) : await source.identity(node);
      sources.push(`${posix.basename(name) || '.'} ${identity}`);
    }
  }
  return [
    ['op', spec.instruction.toLowerCase()],
    ['sources', sources.join('\n')],
    ['destination', spec.destination],
    ['chown', spec.chown ?? ''],
    ['chmod', spec.chmod ?? ''],
    ['link', String(spec.link)],
    ['exclude', spec.exclude.join('\n')],
    ['parents', String(spec.parents)],
    ['unpack', String(unpacks(spec))],
  ];
}

async function selectAll(spec: CopySpec, inputs: CopyInputs): Promise<readonly Selection[]> {
  const { from, span } = inputs;
  const excludes = ignoreRules(spec.exclude).ignores;
  const selections: Selection[] = [];
  let taken = 0;
  const takeUpTo = async (position: number): Promise<void> => {
    const patterns = spec.sources.slice(taken, position);
    taken = position;
    if (patterns.length === 0) return;
    const items = spec.parents
      ? await selectParents(from, patterns, { excludes, span })
      : await select(from, patterns, span);
    selections.push({ source: from, items, unpacks: unpacks(spec) });
  };
  for (const [i, { path, position }] of spec.fetched.entries()) {
    await takeUpTo(position);
    const source = inputs.fetched[i];
    if (source === undefined) throw new Error('a fetched source without what was fetched');
    const items = [{ name: path, node: { path, isDirectory: path === '' } }];
    // Only on request, and never the files of a commit.
    selections.push({ source, items, unpacks: spec.unpack === true && path !== '' });
  }
  await takeUpTo(spec.sources.length);
  if (spec.inline.length > 0) {
    const items = spec.inline.map(({ name }) => ({
      name,
      node: { path: name, isDirectory: false },
    }));
    selections.push({ source: inlineSource(spec.inline), items, unpacks: false });
  }
  return selections;
}

/** ADD unpacks archives, told by their content and not by their name. */
function unpacks(spec: CopySpec): boolean {
  return spec.instruction === 'ADD' && spec.unpack !== false;
}

async function placeAll(spec: CopySpec, inputs: CopyInputs, selections: readonly Selection[]) {
  // With --link the files go onto an empty image that is then laid over the input: no link of the
  // input is followed.
  const tree = spec.link ? emptyTree(inputs.objects) : inputs.tree;
  const sight = new TreeSight(inputs.objects, tree);
  const view = new ImageView(sight, inputs.spool);
  const found = await ownerOf(spec, inputs);
  const options = {
    destination: spec.destination,
    owner: found?.owner,
    chmod: spec.chmod === undefined ? undefined : parseMode(spec.chmod),
    directoryMode: directoryMode(spec),
    excludes: spec.exclude.length === 0 ? undefined : ignoreRules(spec.exclude).ignores,
  };
  for (const { source, items, unpacks } of selections) {
    for (const item of items) {
      if (unpacks && !item.node.isDirectory && (await isArchive(source, item))) {
        unpack(view, await readArchive(source, item, inputs.temporary), options);
      } else await place(view, source, [item], options);
    }
  }
  return {
    entries: view.entries(),
    sources: view.sources,
    originOf: (path: string) => view.originOf(path),
    found,
    seen: sight.digest(),
  };
}

/** Files keep the owner that they have in a stage; from a context they have none and are root's. */
async function ownerOf(spec: CopySpec, { image }: CopyInputs): Promise<FoundOwner | undefined> {
  return spec.chown === undefined ? undefined : resolveOwner(image, spec.chown);
}

/**
 * Directories that are made on the way get an octal --chmod; a symbolic one changes only what is copied. With
 * --link they lie over those of the image, which a --chmod of what is in them must not change.
 */
function directoryMode({ chmod, link }: CopySpec): number {
  if (link || chmod === undefined || !/^[0-7]+$/.test(chmod)) return 0o755;
  return Number.parseInt(chmod, 8) & 0o777;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
