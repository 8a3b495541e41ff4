// Has BuildKit build every case and writes down what came of it. BuildKit pulls the bases from a
// registry on this machine that stands in for the public one, so that names in cases are plain.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// @ts-expect-error: a script of the benchmark, without types
import { run, startDaemon } from '../../bench/lib/program.mjs';
import { type BaseImage, makeBases } from './bases.ts';
import { type Case, parseCases } from './case-file.ts';
import { describeImage, readImage } from './describe-image.ts';
import { formatExpected, REFUSED } from './expected-file.ts';
import { flagsIn, layOut } from './lay-out.ts';

const REGISTRY = '127.0.0.1:5077';

interface Builders {
  readonly bases: readonly BaseImage[];
  /** Throws where slipway fails. */
  readonly slipway: (words: readonly string[]) => void;
  readonly buildctl: (args: readonly string[]) => {
    readonly status: number | null;
    readonly stderr: string;
  };
}

/** Records the topics (all without any) of `sources`, test/conformance; `work` is a folder for what does not last. */
export async function record(
  sources: string,
  work: string,
  topics: readonly string[],
): Promise<void> {
  const stopRegistry = await startRegistry(work);
  const address = `unix://${join(work, 'buildkitd.sock')}`;
  const buildctl: Builders['buildctl'] = (args) =>
    spawnSync('buildctl', ['--addr', address, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const stopDaemon = await startBuildkit(work, address, buildctl);
  try {
    const slipway: Builders['slipway'] = (words) => {
      const env = { ...process.env, SLIPWAY_HOME: join(work, 'home') };
      run(process.execPath, [join(sources, '../../dist/slipway.cjs'), ...words], { env });
    };
    const bases = await makeBases(sources, join(work, 'bases'), async (words) => slipway(words));
    for (const { name, layout } of bases) {
      const to = `docker://${REGISTRY}/library/${name}:latest`;
      run('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci:${layout}`, to]);
    }
    for (const file of readdirSync(join(sources, 'cases')).sort()) {
      if (topics.length > 0 && !topics.includes(file.replace(/\.txt$/, ''))) continue;
      const cases = parseCases(readFileSync(join(sources, 'cases', file), 'utf8'));
      const expected = new Map<string, readonly string[]>();
      for (const [index, test] of cases.entries()) {
        const folder = join(work, file, String(index));
        expected.set(test.name, await recordCase(test, folder, { bases, slipway, buildctl }));
      }
      writeFileSync(join(sources, 'expected', file), formatExpected(expected));
    }
  } finally {
    await stopDaemon();
    await stopRegistry();
  }
}

async function recordCase(
  test: Case,
  folder: string,
  { bases, slipway, buildctl }: Builders,
): Promise<readonly string[]> {
  const context = join(folder, 'context');
  const layout = join(folder, 'layout');
  layOut(test, context);
  const started = Math.floor(Date.now() / 1000) - 3600;
  if (test.differs !== undefined) {
    if (test.refused !== undefined) return [REFUSED];
    slipway([
      'build',
      '-o',
      `type=oci,tar=false,dest=${layout}`,
      ...flagsIn(test, context),
      context,
    ]);
    return describeImage(readImage(layout), bases, () => false);
  }
  const locals = ['--local', `context=${context}`, '--local', `dockerfile=${context}`];
  const done = buildctl([
    ...['build', '--no-cache', '--progress=plain', '--frontend', 'dockerfile.v0', ...locals],
    ...flagsIn(test, context).flatMap(asBuildctl),
    ...['--output', `type=oci,tar=false,dest=${layout}`],
  ]);
  if (done.status !== 0) {
    const why = done.stderr.trim().split('\n').at(-1);
    if (test.refused === undefined) process.stderr.write(`${test.name}: refused: ${why}\n`);
    return [REFUSED];
  }
  if (test.refused !== undefined) process.stderr.write(`${test.name}: accepted\n`);
  return describeImage(readImage(layout), bases, (_, seconds) => seconds < started);
}

/** A flag of `slipway build` as words of buildctl. */
function asBuildctl(flag: string): readonly string[] {
  const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/.exec(flag) ?? [];
  switch (name) {
    case 'target':
    case 'platform':
      return ['--opt', `${name}=${value}`];
    case 'file':
      return ['--opt', `filename=${value}`];
    case 'build-arg':
    case 'label':
      return ['--opt', `${name}:${value}`];
    case 'network':
      return ['--opt', `force-network-mode=${value}`];
    case 'secret':
      return ['--secret', value];
    case 'build-context': {
      const [key, where = ''] = value.split(/=(.*)/s);
      if (where.includes('://')) return ['--opt', `context:${key}=${where}`];
      return ['--opt', `context:${key}=local:${key}`, '--local', `${key}=${where}`];
    }
    default:
      throw new Error(`no flag of buildctl is known for ${flag}`);
  }
}

async function startRegistry(work: string): Promise<() => Promise<void>> {
  const config = join(work, 'registry.yml');
  const storage = `storage: {filesystem: {rootdirectory: ${join(work, 'registry')}}}`;
  const http = `http: {addr: "${REGISTRY}", secret: record}`;
  writeFileSync(config, `version: 0.1\nlog: {level: error}\n${storage}\n${http}\n`);
  return startDaemon('docker-registry', ['serve', config], {
    log: join(work, 'registry.log'),
    ready: () => run('curl', ['-sf', `http://${REGISTRY}/v2/`]),
  });
}

async function startBuildkit(
  work: string,
  address: string,
  buildctl: Builders['buildctl'],
): Promise<() => Promise<void>> {
  const config = join(work, 'buildkitd.toml');
  mkdirSync(join(work, 'buildkit'));
  const mirror = `[registry."docker.io"]\nmirrors = ["${REGISTRY}"]\n`;
  writeFileSync(config, `${mirror}[registry."${REGISTRY}"]\nhttp = true\n`);
  const places = ['--config', config, '--root', join(work, 'buildkit'), '--addr', address];
  const workers = ['--containerd-worker=false', '--oci-worker-net=host'];
  return startDaemon('buildkitd', [...places, ...workers], {
    log: join(work, 'buildkitd.log'),
    ready: () => {
      const { status, stderr } = buildctl(['debug', 'workers']);
      if (status !== 0) throw new Error(stderr);
    },
  });
}
