// Lays out what is published, in FOLDER: slipway without its sources but the runner's, and one package for each processor
// with the runner that was compiled for it. Publishes nothing.
//
//   node scripts/stage-packages.mjs FOLDER [x64,arm64]

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** By Node's name of the processor. */
const COMPILERS = {
  x64: ['x86_64-linux-gnu-gcc', 'x86_64-linux-musl-gcc'],
  arm64: ['aarch64-linux-gnu-gcc', 'aarch64-linux-musl-gcc'],
};

const [folder, wanted = 'x64,arm64'] = process.argv.slice(2);
if (folder === undefined) fail('where to? node scripts/stage-packages.mjs FOLDER');

const own = JSON.parse(readFileSync('package.json', 'utf8'));
const runners = wanted.split(',').map(stageRunner);
stageProgram();

function stageRunner(arch) {
  const from = `npm/@slipway/runner-linux-${arch}`;
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  if (manifest.version !== own.version) fail(`${from} has another version than slipway`);
  const to = join(folder, `runner-linux-${arch}`);
  mkdirSync(to, { recursive: true });
  const build = arch === process.arch ? 'build' : `build/${arch}`;
  const made = spawnSync(
    'make',
    [
      '-s',
      '-C',
      'runner-native',
      `CC=${compiler(arch)}`,
      `BUILD=${build}`,
      `${build}/slipway-runner`,
    ],
    { stdio: 'inherit' },
  );
  if (made.status !== 0) process.exit(1);
  copyFileSync(join(from, 'package.json'), join(to, 'package.json'));
  copyFileSync(join('runner-native', build, 'slipway-runner'), join(to, 'slipway-runner'));
  chmodSync(join(to, 'slipway-runner'), 0o755);
  return manifest;
}

function compiler(arch) {
  const names = [...(arch === process.arch ? ['cc'] : []), ...COMPILERS[arch]];
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  return found ?? fail(`no compiler for ${arch}: one of ${names.join(', ')}`);
}

function stageProgram() {
  const to = join(folder, 'slipway');
  mkdirSync(to, { recursive: true });
  // A build of this machine is not a part of it: it comes in a package of its own.
  const isOutput = (path) => path.startsWith(join('runner-native', 'build'));
  for (const name of own.files) {
    cpSync(name, join(to, name), { recursive: true, filter: (path) => !isOutput(path) });
  }
  const { devDependencies: _, scripts: __, ...manifest } = own;
  manifest.optionalDependencies = Object.fromEntries(
    runners.map(({ name, version }) => [name, version]),
  );
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of ['README.md', 'CHANGELOG.md']) copyFileSync(name, join(to, name));
}

function fail(why) {
  console.error(`error: ${why}`);
  process.exit(1);
}
