// Writes an image as a docker archive (what `docker save` writes), the form that slipway, docker,
// podman, buildah and skopeo all read.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, renameSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import tarStream from 'tar-stream';
import { BASE_TIME } from './layer.mjs';

const ARCH = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/**
 * Writes `file` whole or not at all. `layers` are { diffId, path } in order, base first; `config`
 * is the runtime part of the image config (Env, Cmd and so on).
 */
export async function writeDockerArchive(file, { name, layers, config, comment }) {
  const created = new Date(BASE_TIME * 1000).toISOString();
  const image = JSON.stringify({
    architecture: ARCH[process.arch] ?? process.arch,
    os: 'linux',
    created,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created, created_by: comment })),
  });
  const configName = `${createHash('sha256').update(image).digest('hex')}.json`;
  const layerName = (layer) => `${layer.diffId.slice('sha256:'.length)}.tar`;
  // An archive without a tag in the name is refused by docker load.
  const tagged = name.includes(':') ? name : `${name}:latest`;
  const manifest = [{ Config: configName, RepoTags: [tagged], Layers: layers.map(layerName) }];

  const pack = tarStream.pack();
  const written = pipeline(pack, createWriteStream(`${file}.part`));
  for (const layer of layers) {
    const sink = pack.entry({ ...FIXED, name: layerName(layer), size: statSync(layer.path).size });
    createReadStream(layer.path).pipe(sink);
    await once(sink, 'finish');
  }
  pack.entry({ ...FIXED, name: configName }, image);
  pack.entry({ ...FIXED, name: 'manifest.json' }, JSON.stringify(manifest));
  pack.finalize();
  await written;
  renameSync(`${file}.part`, file);
}

const FIXED = { mode: 0o644, mtime: new Date(BASE_TIME * 1000), type: 'file' };
