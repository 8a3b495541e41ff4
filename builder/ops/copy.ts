// COPY and ADD: a function from trees to a tree. Nothing is mounted and no root file system is
// walked; the bytes of what was placed are read only when a RUN or an output needs them.

import { posix } from 'node:path';
import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import { emptyTree } from '../../image/tree/empty-tree.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { ignoreRules } from '../context/ignore.ts';
import { readArchive } from '../copy/archive.ts';
import { isArchive } from '../copy/archive-sniff.ts';
import { inlineSource } from '../copy/inline-source.ts';
import { type ModeChange, parseMode } from '../copy/mode.ts';
import { type Owner, resolveOwner } from '../copy/owner.ts';
import { partIdentity } from '../copy/part-identity.ts';
import { type Origin, place } from '../copy/place.ts';
import { placedContents } from '../copy/placed-contents.ts';
import { type Selected, select } from '../copy/select.ts';
import { selectParents } from '../copy/select-parents.ts';
import type { CopySource } from '../copy/source.ts';
import { unpack } from '../copy/unpack.ts';
import { imageView } from '../copy/view.ts';
import type { CopySpec } from '../plan/graph.ts';
import type { Op, OpResult } from './op.ts';

export interface CopyInputs {
  readonly objects: ObjectStore;
  /** The tree that is copied into. */
  readonly tree: Digest;
  /** The same tree as a source: for names in its passwd and group. */
  readonly image: CopySource;
  readonly from: CopySource;
  /** Makes a folder that lives as long as the build, for what archives hold. */
  readonly temporary: () => Promise<string>;
  readonly span: Span | undefined;
}

interface Selection {
  readonly source: CopySource;
  readonly items: readonly Selected[];
}

/** Binds a COPY or ADD to its inputs. Throws E_UNSUPPORTED for what is not done yet. */
export function copyOp(spec: CopySpec, inputs: CopyInputs): Op {
  refuseUnsupported(spec, inputs.span);
  const selections = once(() => selectAll(spec, inputs));
  const placed = once(async () => placeAll(spec, inputs, await selections()));
  return {
    async key() {
      const sources: string[] = [];
      for (const { source, items } of await selections()) {
        for (const { name, node, part } of items) {
          const identity = part ? partIdentity(part.entries) : await source.identity(node);
          sources.push(`${posix.basename(name)} ${identity}`);
        }
      }
      return [
        ['op', spec.instruction.toLowerCase()],
        ['input tree', inputs.tree],
        ['sources', sources.join('\n')],
        ['destination', spec.destination],
        ['chown', spec.chown ?? ''],
        ['chmod', spec.chmod ?? ''],
        ['link', String(spec.link)],
        ['exclude', spec.exclude.join('\n')],
        ['parents', String(spec.parents)],
        ['unpack', String(unpacks(spec))],
      ];
    },
    async run(): Promise<OpResult> {
      return { entries: (await placed()).entries };
    },
    async contents() {
      return placedContents(async () => (await placed()).origins);
    },
  };
}

async function selectAll(
  spec: CopySpec,
  { from, span }: CopyInputs,
): Promise<readonly Selection[]> {
  const take = spec.parents ? selectParents : select;
  const selections: Selection[] = [{ source: from, items: await take(from, spec.sources, span) }];
  if (spec.inline.length > 0) {
    const inline = inlineSource(spec.inline);
    const names = spec.inline.map(({ name }) => ({
      name,
      node: { path: name, isDirectory: false },
    }));
    selections.push({ source: inline, items: names });
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
  const view = imageView(inputs.objects, spec.link ? emptyTree(inputs.objects) : inputs.tree);
  const origins = new Map<string, Origin>();
  const options = {
    destination: spec.destination,
    several: selections.reduce((count, { items }) => count + items.length, 0) > 1,
    owner: await ownerOf(spec, inputs),
    chmod: spec.chmod === undefined ? undefined : parseMode(spec.chmod),
    directoryMode: directoryMode(spec.chmod),
    excludes: ignoreRules(spec.exclude).ignores,
  };
  for (const { source, items } of selections) {
    for (const item of items) {
      if (unpacks(spec) && !item.node.isDirectory && (await isArchive(source, item))) {
        unpack(view, await readArchive(source, item, inputs.temporary), options, origins);
      } else await place(view, source, [item], options, origins);
    }
  }
  return { entries: view.entries(), origins };
}

/** Files keep the owner that they have in a stage; from a context they have none and are root's. */
async function ownerOf(spec: CopySpec, { image }: CopyInputs): Promise<Owner | undefined> {
  return spec.chown === undefined ? undefined : resolveOwner(image, spec.chown);
}

/** Directories that are made on the way get an octal --chmod; a symbolic one changes only what is copied. */
function directoryMode(chmod: string | undefined): number {
  if (chmod === undefined || !/^[0-7]+$/.test(chmod)) return 0o755;
  const change: ModeChange = parseMode(chmod);
  return change({ mode: 0o755, isDirectory: true });
}

function refuseUnsupported(spec: CopySpec, span: Span | undefined): void {
  const refuse = (what: string): BuildError =>
    new BuildError('E_UNSUPPORTED', `${what} is not supported yet`, {
      span,
      hint: 'the support table in docs/support.md says what is',
    });
  if (spec.checksum !== undefined) throw refuse('ADD --checksum');
  const remote = spec.sources.find((source) => /^(?:https?|git|ssh):\/\/|^git@/.test(source));
  if (spec.instruction === 'ADD' && remote !== undefined) throw refuse(`ADD from ${remote}`);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
