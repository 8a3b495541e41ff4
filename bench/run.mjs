// npm run bench: slipway and whichever of buildah, docker and buildctl this machine has, side by
// side, in one run. Every figure is a median; every measurement starts with an empty store.
//
//   node bench/run.mjs [--runs=3] [--peers=slipway,buildah] [--workloads=copy,run-steps]

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import * as busybox from '../scripts/bases/busybox.mjs';
import { provideArchive } from '../scripts/lib/provide-base.mjs';
import { main, Stop, say } from '../scripts/lib/say.mjs';
import { removeStore } from './lib/remove-store.mjs';
import { table } from './lib/table.mjs';
import * as buildah from './peers/buildah.mjs';
import * as buildctl from './peers/buildctl.mjs';
import * as docker from './peers/docker.mjs';
import * as slipway from './peers/slipway.mjs';
import * as cached from './workloads/cached.mjs';
import * as copy from './workloads/copy.mjs';
import * as largeRun from './workloads/large-run.mjs';
import * as noChange from './workloads/no-change.mjs';
import * as parse from './workloads/parse.mjs';
import * as runSteps from './workloads/run-steps.mjs';
import * as stages from './workloads/stages.mjs';

const PEERS = [slipway, buildah, docker, buildctl];
const WORKLOADS = [cached, noChange, runSteps, stages, copy, largeRun, parse];

await main(async (args) => {
  const options = readOptions(args);
  const base = await provideArchive(busybox);
  const peers = PEERS.filter(
    (peer) => options.peers?.includes(peer.name) ?? peer.version() !== undefined,
  );
  describeMachine();
  for (const peer of peers) say(`- ${peer.name}: ${peer.version() ?? 'not installed'}`);
  const work = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  try {
    for (const workload of WORKLOADS) {
      if (options.workloads && !options.workloads.includes(workload.name)) continue;
      const figures = await measureAll(workload, { peers, base, work, runs: options.runs });
      const names = peers.map((peer) => peer.name);
      say(`\n${workload.title}; median of ${options.runs}\n`);
      for (const line of table(figures, names)) say(line);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

/** Round by round, so that a slow minute of the machine hits every builder. */
async function measureAll(workload, { peers, base, work, runs }) {
  const context = join(work, workload.name);
  mkdirSync(context);
  const { Dockerfile } = await workload.prepare(context);
  writeFileSync(join(context, 'Dockerfile'), `${Dockerfile}\n`);
  const figures = new Map();
  for (let round = 0; round < runs; round++) {
    for (const peer of peers) {
      for (const format of workload.perFormat ? peer.formats : [undefined]) {
        process.stderr.write(
          `${workload.name} ${round + 1}/${runs}: ${peer.name} ${format ?? ''}\n`,
        );
        const measured = await measure(workload, { peer, base, work, context, format });
        for (const [row, value] of Object.entries(measured)) note(figures, row, peer.name, value);
      }
    }
  }
  return figures;
}

/** A peer's failure is given two more tries: Debian's buildah loses a race now and then. */
async function measure(workload, options, tries = 3) {
  try {
    return await measureOnce(workload, options);
  } catch (error) {
    if (options.peer === slipway || tries === 1) throw error;
    process.stderr.write(`once more, since: ${error.message.trim().split('\n').at(-1)}\n`);
    return measure(workload, options, tries - 1);
  }
}

async function measureOnce(workload, { peer, base, work, context, format }) {
  const folder = mkdtempSync(join(work, 'store-'));
  const scratch = mkdtempSync(join(work, 'scratch-'));
  const builder = await peer.open(folder);
  try {
    builder.load(base);
    return await workload.measure({ builder, context, timed, scratch, format });
  } finally {
    await builder.close();
    removeStore(folder);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function note(figures, row, peer, value) {
  if (!figures.has(row)) figures.set(row, new Map());
  const byPeer = figures.get(row);
  byPeer.set(peer, [...(byPeer.get(peer) ?? []), value]);
}

function describeMachine() {
  const memory = Math.round(totalmem() / 2 ** 30);
  say(
    `${cpus().length} x ${cpus()[0].model.trim()}, ${memory} GiB, Linux ${release()}, Node ${process.version}`,
  );
}

function readOptions(args) {
  const given = new Map(args.map((arg) => arg.split('=')));
  for (const name of given.keys()) {
    if (!['--runs', '--peers', '--workloads'].includes(name)) {
      throw new Stop(`no option ${name}`, 'known: --runs=N --peers=NAME,... --workloads=NAME,...');
    }
  }
  return {
    runs: Number(given.get('--runs') ?? 3),
    peers: given.get('--peers')?.split(','),
    workloads: given.get('--workloads')?.split(','),
  };
}
