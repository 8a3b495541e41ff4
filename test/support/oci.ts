// Small images for tests: real tars as layers, and every digest right.

import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type Digest, sha256 } from '../../core/digest.ts';
import { type Descriptor, type ImageConfig, MEDIA, type Platform } from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';

export interface TestImage extends ResolvedImage {
  /** Every blob of the image by digest. */
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

export interface TestImageOptions {
  /** One layer for each: file names to contents. One layer with one file by default. */
  readonly layers?: readonly Readonly<Record<string, string>>[];
  readonly platform?: Platform;
  readonly gzip?: boolean;
  readonly config?: ImageConfig['config'];
}

/** Makes an image with gzipped layers (plain ones on demand). */
export async function testImage(options: TestImageOptions = {}): Promise<TestImage> {
  const { layers = [{ 'hello.txt': 'hello\n' }], gzip = true } = options;
  const { architecture, os, variant } = options.platform ?? { os: 'linux', architecture: 'amd64' };
  const tars = await Promise.all(layers.map(layerTar));
  const stored = gzip ? tars.map((tar) => gzipSync(tar)) : tars;
  const config: ImageConfig = {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    created: '2024-01-02T03:04:05Z',
    config: options.config ?? { Env: ['PATH=/usr/bin:/bin'], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => sha256(tar)) },
    history: layers.map((_, index) => ({ created_by: `layer ${index}` })),
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const layerType = gzip ? MEDIA.ociLayerGzip : MEDIA.ociLayer;
  const layerDescriptors = stored.map((bytes) => describe(layerType, bytes));
  const configDescriptor = describe(MEDIA.ociConfig, configBytes);
  const manifestBytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: configDescriptor,
      layers: layerDescriptors,
    }),
  );
  const blobs = new Map(
    [manifestBytes, configBytes, ...stored].map((bytes) => [sha256(bytes), bytes]),
  );
  return {
    name: 'test image',
    manifest: describe(MEDIA.ociManifest, manifestBytes),
    manifestBytes,
    configDescriptor,
    configBytes,
    config,
    layers: layerDescriptors,
    blobs,
    async *openBlob({ digest }) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new Error(`no blob ${digest}`);
      yield bytes;
    },
  };
}

/** An index over images, one for each platform. */
export function testIndex(images: readonly TestImage[]): { descriptor: Descriptor; bytes: Buffer } {
  const manifests = images.map(({ manifest, config }) => ({
    ...manifest,
    platform: {
      os: config.os,
      architecture: config.architecture,
      ...(config.variant && { variant: config.variant }),
    },
  }));
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests }),
  );
  return { descriptor: describe(MEDIA.ociIndex, bytes), bytes };
}

/** The descriptor of some bytes. */
export function describe(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: sha256(bytes), size: bytes.byteLength };
}

/** A tar of regular files. */
export async function layerTar(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) {
    tar.entry({ name, mtime: new Date(0), mode: 0o644 }, content);
  }
  tar.finalize();
  return await collect(tar as AsyncIterable<Uint8Array>);
}

/** All bytes of a stream. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
