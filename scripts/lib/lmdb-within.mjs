// An esbuild plugin: lmdb in our bundle, all but its native part.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The path of lmdb's own bundle: Node's way to find it reads three package.json. */
const FIND_LMDB = `
function lmdbFile() {
  const path = require('node:path'), fs = require('node:fs'), name = 'lmdb';
  const { fileURLToPath } = require('node:url');
  for (let at = path.dirname(fileURLToPath(programUrl)); ; at = path.dirname(at)) {
    const file = path.join(at, 'node_modules/lmdb/dist/index.cjs');
    if (fs.existsSync(file)) return file;
    if (at === path.dirname(at)) return require.resolve(name);
  }
}
`;

/** In place of node-gyp-build, which lists four folders first. */
const FIND_NATIVE_PART = `
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { familySync } = require('detect-libc');
module.exports = (folder) => {
  const libc = familySync() === 'musl' ? 'musl' : 'glibc';
  const file = join(
    '@lmdb/lmdb-' + process.platform + '-' + process.arch,
    'node.abi' + process.versions.modules + '.' + libc + '.node',
  );
  const places = [join(folder, 'node_modules', file), join(folder, '..', file)];
  const found = process.platform === 'linux' ? places.find((place) => existsSync(place)) : undefined;
  return found === undefined ? require('node-gyp-build-optional-packages')(folder) : require(found);
};
`;

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
        contents: FIND_LMDB + readFileSync(path, 'utf8').replaceAll('__filename', 'lmdbFile()'),
      }));
    },
  };
}
