// Feeds random Dockerfiles and words to the parser, the expansion of variables and the planner, and says
// how many ended how. A crash, a hang or an input over 100 ms per KiB ends it with exit status 1.
//
//   node scripts/fuzz-grammar.mjs [--count=100000] [--seed=N]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { main, Stop, say } from './lib/say.mjs';

// Bundled CommonJS packages ask for it.
const banner = {
  js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);",
};

const MOST_MS_PER_KIB = 100;

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string' }, seed: { type: 'string' } },
  });
  const count = Number(values.count ?? 100_000);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  say(`seed ${seed}, ${count} inputs`);
  const work = mkdtempSync(join(tmpdir(), 'slipway-fuzz-'));
  try {
    const outfile = join(work, 'campaign.mjs');
    const entryPoints = ['test/grammar/fuzz/campaign.ts'];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', banner });
    const { runCampaign } = await import(pathToFileURL(outfile).href);
    const start = performance.now();
    const report = (done) => process.stderr.write(`${done}\r`);
    const { planned, refused, words, slowest } = runCampaign(count, seed, report);
    const seconds = (performance.now() - start) / 1000;
    say(`${planned} planned, ${refused} refused, ${words} words, in ${seconds.toFixed(0)} s`);
    say(`slowest: ${slowest.perKiB.toFixed(1)} ms per KiB, ${JSON.stringify(slowest.input)}`);
    if (slowest.perKiB > MOST_MS_PER_KIB) throw new Stop('an input took too long');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
