// Bundles the command line into dist/: slipway.cjs to start from, and program.cjs, all the rest as one file: it is
// compiled once for all of it (cli/launch.ts), and what a command does not use is not evaluated. Of lmdb only the
// native part stays where it is.

import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { lmdbWithin } from './lib/lmdb-within.mjs';

const common = {
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  sourcemap: 'linked',
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
};

// Node loads ten files of its own where `performance` is first used; only differences are asked for.
const MONOTONIC =
  'const monotonicMs = () => { const [s, ns] = process.hrtime(); return s * 1e3 + ns / 1e6 };';

/** What of Node's own takes long to load and most commands import and do not use. */
const LAZY = [
  'child_process',
  'fs/promises',
  'module',
  'net',
  'readline',
  'stream/promises',
  'timers/promises',
  'tls',
  'v8',
  'zlib',
];

const program = await build({
  ...common,
  entryPoints: { program: 'cli/main.ts' },
  plugins: [lmdbWithin(), lazyBuiltins(LAZY), { name: 'undici', setup: undiciBeside }],
  // A function of what the launcher gives it.
  banner: { js: `(function (require, program) {${MONOTONIC}` },
  footer: { js: '})' },
  define: { 'import.meta.url': 'program.url', 'performance.now': 'monotonicMs' },
  supported: { 'dynamic-import': false },
});
const bytes = readFileSync('dist/program.cjs');
// The launcher reads it as such, which is quicker. What esbuild does not escape is in a regular expression.
if (bytes.some((byte) => byte > 0x7f)) throw new Error('dist/program.cjs is not ASCII');
const id = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const undici = await build({ ...common, entryPoints: { undici: 'undici' } });
const launcher = await build({
  ...common,
  entryPoints: { slipway: 'cli/launch.ts' },
  plugins: [ourProcess()],
  banner: { js: '#!/usr/bin/env node' },
  define: { PROGRAM_ID: JSON.stringify(id), 'import.meta.dirname': '__dirname' },
});

const made = new Set(
  [program, undici, launcher].flatMap(({ metafile }) =>
    Object.keys(metafile.outputs).map((path) => basename(path)),
  ),
);
for (const entry of readdirSync('dist', { withFileTypes: true })) {
  if (entry.isFile() && !made.has(entry.name)) rmSync(join('dist', entry.name));
}
chmodSync('dist/slipway.cjs', 0o755);

/** A third of the program, which only the network needs: a file of its own, that no other start reads. */
function undiciBeside({ onResolve }) {
  onResolve({ filter: /^undici$/ }, () => ({ path: './undici.cjs', external: true }));
}

/** `process` as it is: an import of it would be a copy, made name by name. */
function ourProcess() {
  return {
    name: 'process',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:process$/ }, () => ({ path: 'process', namespace: 'process' }));
      onLoad({ filter: /^process$/, namespace: 'process' }, () => ({
        contents: 'export default process',
      }));
    },
  };
}

/** These parts of Node are loaded when something of them is used, and not when they are imported. */
function lazyBuiltins(names) {
  const require = createRequire(import.meta.url);
  const filter = new RegExp(`^(?:node:)?(?:${names.join('|')})$`);
  return {
    name: 'lazy builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, ({ path, namespace }) =>
        namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' },
      );
      onLoad({ filter, namespace: 'lazy' }, ({ path }) => {
        const getters = Object.keys(require(path)).map(
          (key) => `get ${key}() { return (loaded ??= require('${path}')).${key} }`,
        );
        return { contents: `let loaded; module.exports = {${getters.join(',')}}` };
      });
    },
  };
}
