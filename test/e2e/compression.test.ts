// How the layers of an output are compressed, by the real program.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { BUSYBOX, busyboxContext, contextOf, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const CONTEXT = { Dockerfile: 'FROM scratch\nCOPY data /data\n', data: 'text' };

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
}

function built(home: string, context: string, output: string): Finished {
  return slipway(home, ['build', '-q', '-o', output, context]);
}

interface Layout {
  readonly layers: readonly Layer[];
  blob(digest: string): Buffer;
}

/** Builds a layout and returns the layers of its manifest. */
function layersOf(home: string, context: string, keys: string): readonly Layer[] {
  return layoutOf(home, context, keys).layers;
}

function layoutOf(home: string, context: string, keys: string): Layout {
  const folder = mkdtempSync(join(tmpDir(), 'layout-'));
  const { status, stderr } = built(home, context, `type=oci,tar=false,dest=${folder}${keys}`);
  expect([status, stderr]).toEqual([0, '']);
  const blob = (digest: string): Buffer =>
    readFileSync(join(folder, 'blobs/sha256', digest.slice(7)));
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const { layers } = JSON.parse(blob(index.manifests[0].digest).toString());
  return { layers, blob };
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

test('what a step wrote is the same layer where the runner reads it in its folder and where it is sent', (context) => {
  const home = tmpDir();
  const files = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN seq 1 400000 > /large && ln /large /same && echo small > /small\n`,
  });
  // Made by this build, and so trusted; in the second one it is not.
  const plain = layoutOf(home, files, ',compression=uncompressed').layers.at(-1);
  const { layers, blob } = layoutOf(home, files, '');
  const unpacked = zlib.gunzipSync(blob(layers.at(-1)?.digest ?? ''));
  expect(unpacked.length).toBeGreaterThan(2_000_000);
  expect(`sha256:${createHash('sha256').update(unpacked).digest('hex')}`).toBe(plain?.digest);
});
