// Makes dist/library/: what `import ... from 'slipway/dockerfile'` gets, as one file, and its types. The types
// are tsc's own declarations, of the modules that the entry's types lead to and no others.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist/library';
const TYPES = join(OUT, 'types');
const ENTRY = join(TYPES, 'api/dockerfile.d.ts');

rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: { dockerfile: 'api/dockerfile.ts' },
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  sourcemap: 'linked',
  logLevel: 'warning',
});

const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' });

const IMPORT = /((?:from|import\() ?')(\.[^']*)\.ts'/g;
const reached = new Set([ENTRY]);
for (const path of reached) {
  const text = readFileSync(path, 'utf8');
  for (const [, , target] of text.matchAll(IMPORT)) {
    reached.add(join(dirname(path), `${target}.d.ts`));
  }
  // `./a.js` is how a declaration names a.d.ts, whatever the settings of who reads it.
  writeFileSync(path, text.replace(IMPORT, "$1$2.js'"));
}
for (const name of readdirSync(TYPES, { recursive: true, encoding: 'utf8' })) {
  const path = join(TYPES, name);
  if (name.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
}
