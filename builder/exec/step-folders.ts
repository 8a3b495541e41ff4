// The folders that one step is run in.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../snapshot.ts';
import { layerForm } from './isolation.ts';
import type { LayerStore } from './layer-store.ts';
import type { RunFolders } from './run-words.ts';
import type { Isolation } from './runner.ts';
import type { Sandbox } from './sandbox.ts';
import { stackFolders } from './stack-folders.ts';

export interface StepInputs {
  readonly layers: LayerStore;
  readonly input: Snapshot;
  readonly sandbox: Pick<Sandbox, 'root'>;
}

/** Makes them in and beside the folder `base`; the layers of the input are stacked where that can be done. */
export async function stepFolders(
  { layers, input, sandbox }: StepInputs,
  isolation: Isolation,
  base: string,
): Promise<RunFolders> {
  const [upper, work, scratch] = [
    join(base, layerForm(isolation)),
    `${base}-work`,
    `${base}-scratch`,
  ];
  // Few, and made synchronously: each costs as much as much else of an empty step.
  mkdirSync(upper);
  if (isolation.rung === 'chroot') {
    mkdirSync(scratch);
    return { upper, scratch, root: await layers.roots.take(isolation, input) };
  }
  mkdirSync(work);
  const lowers = await stackFolders(layers, input.layers);
  return { upper, scratch, root: sandbox.root(), stacked: { lowers, work } };
}
