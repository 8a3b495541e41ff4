// The images that the cases stand on: busybox of this machine, and those of bases.txt, each built by
// slipway itself.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCases } from './case-file.ts';
import { type Image, readImage } from './describe-image.ts';
import { layOut } from './lay-out.ts';

export interface BaseImage extends Image {
  readonly name: string;
  /** An OCI layout with the image. */
  readonly layout: string;
}

/** Makes the images in the store that `slipway` uses, and their layouts below `folder`. `sources` is test/conformance. */
export async function makeBases(
  sources: string,
  folder: string,
  slipway: (words: readonly string[]) => Promise<void>,
): Promise<readonly BaseImage[]> {
  const script = join(sources, '../../scripts/make-bases.mjs');
  const made = execFileSync(process.execPath, [script, '--no-load', 'busybox'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await slipway(['load', '-i', JSON.parse(made).busybox]);
  const bases: BaseImage[] = [];
  for (const base of parseCases(readFileSync(join(sources, 'bases.txt'), 'utf8'))) {
    const { name } = base;
    const context = join(folder, name, 'context');
    const layout = join(folder, name, 'layout');
    layOut(base, context);
    const outputs = ['-o', 'type=image', '-o', `type=oci,tar=false,dest=${layout}`];
    await slipway(['build', '-t', name, ...outputs, ...base.flags, context]);
    bases.push({ name, layout, ...readImage(layout) });
  }
  return bases;
}

/** The folder of the cases, seen from a module in it. */
export const SOURCES = fileURLToPath(new URL('.', import.meta.url));
