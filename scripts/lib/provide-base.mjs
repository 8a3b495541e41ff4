// Makes base images as archives in the user's cache folder, once, and loads them into the local
// store where that has not got them. A new store or another builder takes the archives as they are.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import process from 'node:process';
import { writeDockerArchive } from './docker-archive.mjs';
import { Stop } from './say.mjs';
import { slipway, storeHas } from './slipway.mjs';
import { output } from './tools.mjs';

/** Sees to it that the store has the image; says in a word how it came there. */
export async function provideBase(maker, { force = false } = {}) {
  if (!force && storeHas(maker.name)) return 'already in the store';
  const file = await provideArchive(maker, { force });
  const loaded = slipway(['load', '-i', file]);
  if (loaded.status === 0) return `loaded from ${file}`;
  throw new Stop(`slipway could not load ${file} as ${maker.name}`, loaded.stderr.trim());
}

const madeHere = new Set();

/** Sees to it that the image's archive is there; returns its path. `force` makes it anew. */
export async function provideArchive(maker, { force = false } = {}) {
  const folder = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/slipway-bases`;
  const file = `${folder}/${maker.name.replaceAll(/[/:]/g, '_')}.tar`;
  if (madeHere.has(file) || (existsSync(file) && !force)) return file;
  // What it stands on, out of that one's own archive: two images with one lower layer.
  const under = maker.base && (await provideArchive(maker.base, { force }));
  process.stderr.write(`making ${maker.name} ...\n`);
  const work = mkdtempSync(`${tmpdir()}/slipway-bases-`);
  try {
    const parts = await maker.make(work, under && unpackArchive(under, work));
    mkdirSync(folder, { recursive: true });
    await writeDockerArchive(file, parts);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  madeHere.add(file);
  return file;
}

/** The layers and the config of an archive that writeDockerArchive wrote. */
function unpackArchive(file, work) {
  output('tar', ['-xf', file, '-C', work]);
  const [{ Config, Layers }] = JSON.parse(readFileSync(`${work}/manifest.json`, 'utf8'));
  const { config, rootfs } = JSON.parse(readFileSync(`${work}/${Config}`, 'utf8'));
  const layers = Layers.map((name, i) => ({ diffId: rootfs.diff_ids[i], path: `${work}/${name}` }));
  return { layers, config };
}
