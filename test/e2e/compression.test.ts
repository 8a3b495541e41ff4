// How the layers of an output are compressed, by the real program.

import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { contextOf, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const CONTEXT = { Dockerfile: 'FROM scratch\nCOPY data /data\n', data: 'text' };

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
}

function built(home: string, context: string, output: string): Finished {
  return slipway(home, ['build', '-q', '-o', output, context]);
}

/** Builds a layout and returns the layers of its manifest. */
function layersOf(home: string, context: string, keys: string): Layer[] {
  const folder = mkdtempSync(join(tmpDir(), 'layout-'));
  const { status, stderr } = built(home, context, `type=oci,tar=false,dest=${folder}${keys}`);
  expect([status, stderr]).toEqual([0, '']);
  const blob = (digest: string): string => join(folder, 'blobs/sha256', digest.slice(7));
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  return JSON.parse(readFileSync(blob(index.manifests[0].digest), 'utf8')).layers;
}

test('layers are gzip, or what compression= says, whatever an earlier build has made of them', () => {
  const [home, context] = [tmpDir(), contextOf(CONTEXT)];
  const type = 'application/vnd.oci.image.layer.v1.tar';
  const packed = layersOf(home, context, '');
  expect(packed.map(({ mediaType }) => mediaType)).toEqual([`${type}+gzip`]);
  const plain = layersOf(home, context, ',compression=uncompressed');
  expect(plain.map(({ mediaType }) => mediaType)).toEqual([type]);
  expect(layersOf(home, context, '')).toEqual(packed);
  const hardest = layersOf(home, context, ',compression-level=9');
  expect(hardest.map(({ mediaType }) => mediaType)).toEqual([`${type}+gzip`]);
});

test('zstd is written where Node can, and refused with a way out where it cannot', () => {
  const [home, context] = [tmpDir(), contextOf(CONTEXT)];
  if ('zstdCompress' in zlib) {
    const [layer] = layersOf(home, context, ',compression=zstd');
    expect(layer?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
    return;
  }
  const { status, stderr } = built(home, context, 'type=oci,dest=-,compression=zstd');
  expect(status).not.toBe(0);
  expect(stderr).toContain(`error[E_UNSUPPORTED]: Node ${process.version} cannot write zstd`);
  expect(stderr).toContain('hint: use Node 22.15 or newer, or compression=gzip');
});
