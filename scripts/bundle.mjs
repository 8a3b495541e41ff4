// Bundles the command line into dist/: one file to start from, the rest in chunks that are loaded
// when a command first needs them. lmdb and the compiled grammar's runtime stay what they are:
// lmdb finds its native part beside its own package, so it is not bundled.

import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const { metafile } = await build({
  entryPoints: { slipway: 'cli/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['lmdb'],
  minify: true,
  sourcemap: 'linked',
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  metafile: true,
});
// Chunks of earlier builds go last: what runs now may still want one of its own.
const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const entry of readdirSync('dist', { withFileTypes: true })) {
  if (entry.isFile() && !made.has(entry.name)) rmSync(join('dist', entry.name));
}
chmodSync('dist/slipway.mjs', 0o755);
