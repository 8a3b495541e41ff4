// npm run samples:bases: makes the base images that the samples name, without a registry, and loads
// them into the local store. Archives are kept in the user's cache folder, so that a new store or
// another builder does not make them again.
//
//   node scripts/make-bases.mjs [--force] [--no-load] [NAME...]
//
// --force makes them anew. --no-load does not touch the store; the archives' paths are printed as
// JSON, {"NAME": "PATH"}, for other builders to load.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import process from 'node:process';
import * as busybox from './bases/busybox.mjs';
import * as debian from './bases/debian.mjs';
import * as hostTools from './bases/host-tools.mjs';
import * as node from './bases/node.mjs';
import { writeDockerArchive } from './lib/docker-archive.mjs';
import { main, Stop, say } from './lib/say.mjs';
import { needSlipway, slipway, storeHas } from './lib/slipway.mjs';
import { output } from './lib/tools.mjs';

const SAMPLES_NEED = [debian, busybox, node];
const KNOWN = [...SAMPLES_NEED, hostTools];

/** Makes one base unless its archive is there already; returns the archive's path. */
async function archive(maker, { force, work, done }) {
  const folder = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/slipway-bases`;
  const file = `${folder}/${maker.name.replaceAll(/[/:]/g, '_')}.tar`;
  if (done.has(maker.name) || (existsSync(file) && !force)) return file;
  // What it stands on, out of that one's own archive: two images with one lower layer.
  const under = maker.base && (await archive(maker.base, { force, work, done }));
  process.stderr.write(`making ${maker.name} ...\n`);
  const parts = await maker.make(work, under && unpackArchive(under, work));
  mkdirSync(folder, { recursive: true });
  await writeDockerArchive(file, parts);
  done.add(maker.name);
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

function load(name, file) {
  const loaded = slipway(['load', '-i', file]);
  if (loaded.status === 0) return;
  throw new Stop(`slipway could not load ${file} as ${name}`, loaded.stderr.trim());
}

await main(async (args) => {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.filter((name) => !KNOWN.some((maker) => maker.name === name));
  if (unknown.length > 0) {
    throw new Stop(`no base named ${unknown[0]}`, `known: ${KNOWN.map((m) => m.name).join(', ')}`);
  }
  const wanted = names.length > 0 ? KNOWN.filter((m) => names.includes(m.name)) : SAMPLES_NEED;
  const force = args.includes('--force');
  const loading = !args.includes('--no-load');
  if (loading) needSlipway();
  const work = mkdtempSync(`${tmpdir()}/slipway-bases-`);
  const done = new Set();
  const archives = {};
  try {
    for (const maker of wanted) {
      if (loading && !force && storeHas(maker.name)) {
        say(`${maker.name}: already in the store`);
        continue;
      }
      const file = await archive(maker, { force, work, done });
      archives[maker.name] = file;
      if (!loading) continue;
      load(maker.name, file);
      say(`${maker.name}: loaded from ${file}`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (!loading) say(JSON.stringify(archives));
});
