// The configs of base images that lint may know: those of images in the local store. The store is read as the OCI
// layout that it is: it is not made, opened or locked for this, and no registry is asked.

import { join } from 'node:path';
import { type LintOptions, lint } from '../builder/lint/lint.ts';
import { isBuildError } from '../core/errors.ts';
import type { SourceText } from '../core/source.ts';
import type { ImageConfig } from '../image/model.ts';
import type { ImageSource } from '../image/source.ts';
import type { Host } from './host.ts';
import { storeHome } from './store-home.ts';

/** Returns the configs that lint asks for, by its keys; what is not there, or damaged, is left out. */
export async function knownImages(
  source: SourceText,
  options: LintOptions,
  host: Pick<Host, 'env' | 'cwd'>,
): Promise<ReadonlyMap<string, ImageConfig>> {
  const images = new Map<string, ImageConfig>();
  const asked = new Set<string>();
  let layout: ImageSource | undefined;
  for (;;) {
    // A base's ONBUILD may name further images.
    const missing = lint(source, { ...options, images, rules: [] }).missing.filter(
      ({ key, reference }) => !asked.has(key) && !reference.includes('://'),
    );
    if (missing.length === 0) return images;
    const { openLayout } = await import('../image/layout/read.ts');
    layout ??= await unlessBuildError(openLayout(join(storeHome(host), 'oci')));
    if (layout === undefined) return images;
    for (const { key, reference, platform } of missing) {
      asked.add(key);
      const image = await unlessBuildError(layout.resolve(reference, platform));
      if (image !== undefined) images.set(key, image.config);
    }
  }
}

async function unlessBuildError<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isBuildError(error)) return undefined;
    throw error;
  }
}
