// An esbuild plugin: lmdb in our bundle, all but its native part.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The path of lmdb's own bundle: Node's way to find it reads three package.json. */
const FIND_LMDB = `
function lmdbFile() {
  const path = require('node:path'), fs = require('node:fs'), name = 'lmdb';
  for (let at = path.dirname(program.path); ; at = path.dirname(at)) {
    const file = path.join(at, 'node_modules/lmdb/dist/index.cjs');
    if (fs.existsSync(file)) return file;
    if (at === path.dirname(at)) return require.resolve(name);
  }
}
`;

/**
 * In place of node-gyp-build, which lists four folders first, and of `require`, which reads package.json for a file that it
 * only has to load. Which C library node has stands in the head of its program.
 */
const FIND_NATIVE_PART = `
const { closeSync, existsSync, openSync, readSync } = require('node:fs');
const { join } = require('node:path');
function libc() {
  const head = Buffer.alloc(2048);
  const program = openSync('/proc/self/exe');
  readSync(program, head, 0, head.length, 0);
  closeSync(program);
  if (head.includes('/ld-linux')) return 'glibc';
  if (head.includes('/ld-musl-')) return 'musl';
  return require('detect-libc').familySync();
}
module.exports = (folder) => {
  if (process.platform !== 'linux') return require('node-gyp-build-optional-packages')(folder);
  const file = join(
    '@lmdb/lmdb-' + process.platform + '-' + process.arch,
    'node.abi' + process.versions.modules + '.' + libc() + '.node',
  );
  const places = [join(folder, 'node_modules', file), join(folder, '..', file)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) return require('node-gyp-build-optional-packages')(folder);
  const native = { exports: {} };
  process.dlopen(native, found);
  return native.exports;
};
`;

/** What lmdb would load an encoder by of which slipway uses nothing, and how it finds itself: both make Node load or compile more of its own. */
const OWN_REQUIRE = /node_module\.createRequire\(.*\);$/m;
const OWN_PATH = /node_url\.fileURLToPath\(\(typeof document .*\.href\)\)\)(?=\)\.replace)/;

/** It prints why a commit failed, and rejects with the same: who waits for the commit tells the user. */
const OWN_PRINT = /(?<=lmdbError\(status\);\s*\} catch \(error\) \{\s*)console\.error\(error\);/;

/**
 * Takes lmdb's own bundle into ours, which saves 15 ms of a start, without msgpackr and weak-lru-cache, of which slipway
 * uses nothing. Its native part is looked for where npm puts it, which saves 4 ms more; elsewhere it is found as ever.
 */
export function lmdbWithin() {
  const file = createRequire(import.meta.url).resolve('lmdb');
  return {
    name: 'lmdb',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^lmdb$/ }, () => ({ path: file }));
      onResolve({ filter: /^(?:msgpackr|weak-lru-cache)$/ }, () => ({
        path: 'none',
        namespace: 'lmdb',
      }));
      onLoad({ filter: /^none$/, namespace: 'lmdb' }, () => ({ contents: 'module.exports = {}' }));
      onResolve({ filter: /^node-gyp-build-optional-packages$/ }, ({ path, importer }) =>
        importer === file ? { path, namespace: 'lmdb' } : undefined,
      );
      onLoad({ filter: /^node-gyp-build-optional-packages$/, namespace: 'lmdb' }, () => ({
        contents: FIND_NATIVE_PART,
        resolveDir: dirname(file),
      }));
      onLoad({ filter: /[/\\]lmdb[/\\]dist[/\\]index\.cjs$/ }, ({ path }) => ({
        contents: FIND_LMDB + withinBundle(readFileSync(path, 'utf8')),
      }));
    },
  };
}

function withinBundle(source) {
  const replaced = [
    [OWN_REQUIRE, 'require;'],
    [OWN_PATH, 'lmdbFile()'],
    [OWN_PRINT, ''],
  ];
  let text = source;
  for (const [pattern, ours] of replaced) {
    if (!pattern.test(text)) throw new Error(`this lmdb has nothing like ${pattern}`);
    text = text.replace(pattern, ours);
  }
  return text.replaceAll('__filename', 'lmdbFile()');
}
