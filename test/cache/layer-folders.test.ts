// Folders of layers: one layer may be there in two forms, and neither is taken for the other.

import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type LayerForm, layerFolders } from '../../cache/layer-folders.ts';
import { sha256 } from '../../core/digest.ts';
import { tmpDir } from '../support/tmp.ts';

const LAYER = sha256('a layer');

function filled(root: string, form: LayerForm): string {
  const container = mkdtempSync(join(root, 'new-'));
  mkdirSync(join(container, form));
  writeFileSync(join(container, form, 'file'), form);
  return container;
}

test('a layer is published in one form, then in the other, and removed as one', async () => {
  const root = tmpDir();
  const layers = layerFolders(join(root, 'layers'));
  expect(await layers.publish(LAYER, filled(root, 'fs'))).toBe(true);
  expect([layers.has(LAYER), layers.has(LAYER, 'fs-recorded')]).toEqual([true, false]);
  expect(await layers.publish(LAYER, filled(root, 'fs-recorded'))).toBe(true);
  expect([layers.has(LAYER, 'fs'), layers.has(LAYER, 'fs-recorded')]).toEqual([true, true]);
  expect(await layers.list()).toEqual([LAYER]);
  for (const form of ['fs', 'fs-recorded'] as const)
    expect(layers.path(LAYER, form)).toBe(join(layers.container(LAYER), form));
});

test('a form that is there already stays, and what was to take its place is left to its maker', async () => {
  const root = tmpDir();
  const layers = layerFolders(join(root, 'layers'));
  await layers.publish(LAYER, filled(root, 'fs-recorded'));
  const second = filled(root, 'fs-recorded');
  expect(await layers.publish(LAYER, second)).toBe(false);
  expect(existsSync(join(second, 'fs-recorded/file'))).toBe(true);
});
