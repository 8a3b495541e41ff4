// npm run samples:bases: makes the base images that the samples name, without a registry, and loads
// them into the local store.
//
//   node scripts/make-bases.mjs [--force] [--no-load] [NAME...]
//
// --force makes them anew. --no-load does not touch the store; the archives' paths are printed as
// JSON, {"NAME": "PATH"}, for other builders to load.

import * as busybox from './bases/busybox.mjs';
import * as debian from './bases/debian.mjs';
import * as hostTools from './bases/host-tools.mjs';
import * as node from './bases/node.mjs';
import { provideArchive, provideBase } from './lib/provide-base.mjs';
import { main, Stop, say } from './lib/say.mjs';
import { needSlipway } from './lib/slipway.mjs';

const SAMPLES_NEED = [debian, busybox, node];
const KNOWN = [...SAMPLES_NEED, hostTools];

await main(async (args) => {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.filter((name) => !KNOWN.some((maker) => maker.name === name));
  if (unknown.length > 0) {
    throw new Stop(`no base named ${unknown[0]}`, `known: ${KNOWN.map((m) => m.name).join(', ')}`);
  }
  const wanted = names.length > 0 ? KNOWN.filter((m) => names.includes(m.name)) : SAMPLES_NEED;
  const force = args.includes('--force');
  if (args.includes('--no-load')) {
    const archives = {};
    for (const maker of wanted) archives[maker.name] = await provideArchive(maker, { force });
    say(JSON.stringify(archives));
    return;
  }
  needSlipway();
  for (const maker of wanted) say(`${maker.name}: ${await provideBase(maker, { force })}`);
});
