// Records what BuildKit makes of the cases: node test/conformance/record.mjs [TOPIC...]
//
// Needs root, buildkitd, buildctl, docker-registry and skopeo on PATH, and a built slipway for the bases.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const work = mkdtempSync(join(tmpdir(), 'slipway-record-'));
try {
  const recorder = join(work, 'recorder.mjs');
  const sources = fileURLToPath(new URL('.', import.meta.url));
  buildSync({
    entryPoints: [join(sources, 'recorder.ts')],
    outfile: recorder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const { record } = await import(recorder);
  await record(sources, work, process.argv.slice(2));
} finally {
  rmSync(work, { recursive: true, force: true });
}
