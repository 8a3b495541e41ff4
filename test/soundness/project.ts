// A build context in a folder of its own that can be edited, and its builds in this very process: with reuse in one
// store, without any in another. One process for many builds: starting the program would take longer than they do.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { build } from '../../builder/build.ts';
import type { BuildOptions } from '../../builder/options.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { StepEnded } from '../../core/events.ts';
import { hostPlatform } from '../../image/platform.ts';
import type { Way } from './way.ts';

export interface Built {
  /** Undefined where the build failed. */
  readonly tree: Digest | undefined;
  /** The tree, or the error: what two builds of the same must have in common. */
  readonly outcome: string;
  readonly steps: readonly StepEnded[];
}

export interface BuildRequest {
  readonly dockerfile: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  readonly noCache?: boolean;
  readonly way?: Way;
}

/** Builds the folder `context` in the store `home`. */
export async function buildIn(
  home: string,
  context: string,
  request: BuildRequest,
): Promise<Built> {
  const steps: StepEnded[] = [];
  const platform = hostPlatform(process.arch);
  const options: BuildOptions = {
    dockerfile: { name: 'Dockerfile', text: request.dockerfile },
    context: { kind: 'directory', path: context, ignoreFile: undefined },
    namedContexts: new Map(),
    contextModes: 'keep',
    target: undefined,
    buildArgs: request.buildArgs ?? new Map(),
    labels: new Map(),
    platform,
    buildPlatform: platform,
    tags: [],
    outputs: [],
    network: 'none',
    noCache: request.noCache ?? false,
    pull: false,
    sourceDateEpoch: undefined,
    isolation: isolationOf(request.way ?? 'usual'),
    secrets: new Map(),
    ssh: new Map(),
    allow: new Set(),
    steps: { extraHosts: [], hostCa: false, limits: NO_LIMITS, timeout: undefined },
    cacheMax: 'off',
    jobs: 2,
  };
  const built = build(options, {
    home,
    events: (event) => {
      if (event.event === 'step') steps.push(event);
    },
    signal: new AbortController().signal,
    variables: {},
    stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
  });
  try {
    const { tree } = await built;
    return { tree, outcome: tree, steps };
  } catch (error) {
    if (!isBuildError(error) || error.code === 'E_SANDBOX') throw error;
    return { tree: undefined, outcome: `${error.code} ${error.message}`, steps };
  }
}

function isolationOf(way: Way): BuildOptions['isolation'] {
  if (way === 'chroot') return 'chroot';
  return process.getuid?.() === 0 ? 'root' : 'auto';
}

const NO_LIMITS = {
  shm: undefined,
  ulimits: [],
  memory: undefined,
  memorySwap: undefined,
  cpuQuota: undefined,
  cpuPeriod: undefined,
  cpuShares: undefined,
  cpusetCpus: undefined,
  cpusetMems: undefined,
  // No pids controller is asked for, which costs a folder a step.
  pids: Number.POSITIVE_INFINITY,
  cgroupParent: undefined,
};

/** The applets that steps use, as links to busybox. */
const APPLETS = [
  ...['sh', 'cat', 'ls', 'stat', 'test', 'find', 'sort', 'rm', 'mkdir', 'rmdir', 'chmod', 'chown'],
  ...['mv', 'cp', 'ln', 'touch', 'readlink', 'env', 'wc', 'sha256sum', 'head', 'grep', 'chroot'],
  ...['true', 'realpath', 'dd', 'sed', 'tee', 'xargs', 'cmp', 'id', 'su', 'setsid', 'tar', 'diff'],
  ...['md5sum', 'which', 'awk', 'truncate', 'du', 'cut', 'mkfifo', 'timeout', 'nohup', 'printf'],
  ...['unlink', 'install', 'chgrp', 'gzip', 'mktemp'],
];

/** Fills the folder `tools` of a context with what steps run: a static busybox and, if the machine has it, a dynamic `cat`. */
export function makeTools(tools: string): void {
  const found = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  mkdirSync(join(tools, 'bin'), { recursive: true });
  copyFileSync(found, join(tools, 'bin/busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(tools, 'bin', name));
  mkdirSync(join(tools, 'tmp'));
  chmodSync(join(tools, 'tmp'), 0o1777);
  // What every step would otherwise have made for it, by a process of the runner's.
  for (const name of ['dev', 'proc', 'sys']) mkdirSync(join(tools, name));
  writeFile(join(tools, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nme:x:7:7::/app:/bin/sh\n');
  writeFile(join(tools, 'etc/group'), 'root:x:0:\nme:x:7:\n');
  const libraries = spawnSync('ldd', ['/bin/cat'], { encoding: 'utf8' }).stdout ?? '';
  for (const [path] of libraries.matchAll(/\/\S+/g)) copyInto(tools, path);
  copyFileSync('/bin/cat', join(tools, 'bin/dyncat'));
}

function copyInto(root: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(path, join(root, path));
}

/** Writes a file whatever is in its way. */
export function writeFile(path: string, text: string, mode = 0o644): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}
