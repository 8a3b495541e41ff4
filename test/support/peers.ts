// The field's own tools, for tests that compare slipway with them: buildah builds, podman runs,
// skopeo and umoci read. Buildah and podman share a store of their own in a temporary folder, so
// that nothing of the machine's is read or left behind.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasProgram } from './requires.ts';

/** The checkout's folder. */
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the tool lies that says whether two images are the same to a container. */
export const IMGDIFF = join(CHECKOUT, '../shared/tools/imgdiff');

/** A store for buildah and podman; `close` unmounts and removes it. */
export interface PeerStore {
  readonly folder: string;
  close(): void;
}

export function openPeerStore(): PeerStore {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-peers-'));
  const close = (): void => {
    // The overlay driver binds its folder onto itself, and a bound folder cannot be removed.
    spawnSync('umount', ['-l', join(folder, 'root/overlay')]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { folder, close };
}

export interface PeerBuild {
  readonly context: string;
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The docker archive to write. */
  readonly archive: string;
}

let built = 0;

/** Builds with buildah into a docker archive (its OCI form would lose HEALTHCHECK). */
export function buildahBuild(store: PeerStore, build: PeerBuild): void {
  built += 1;
  const tag = `localhost/peer-${built}`;
  const flags = [
    ...(build.dockerfile ? ['-f', build.dockerfile] : []),
    ...(build.target ? ['--target', build.target] : []),
    ...Object.entries(build.buildArgs ?? {}).flatMap(([k, v]) => ['--build-arg', `${k}=${v}`]),
  ];
  const isolated = ['--isolation', 'chroot', '--format', 'docker'];
  buildah(store, ['bud', ...isolated, ...flags, '-t', tag, build.context]);
  buildah(store, ['push', '-q', tag, `docker-archive:${build.archive}:${tag}:latest`]);
}

/** Loads an archive (`docker-archive:PATH` or `oci-archive:PATH`) and returns the image's id. */
export function loadIntoPeers(store: PeerStore, archive: string): string {
  return buildah(store, ['pull', '-q', archive]).trim();
}

/** Runs a container without network and returns what it printed on standard output. */
export function podmanRun(
  store: PeerStore,
  image: string,
  command: readonly string[] = [],
): string {
  // Its defaults raise limits, which not every machine that runs tests allows.
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=2048:2048'];
  const args = ['run', '--rm', '--network', 'none', '--no-healthcheck', ...limits, image];
  return podman(store, [...args, ...command]);
}

/** `podman load` of an archive; returns the name or id that podman gave it. */
export function podmanLoad(store: PeerStore, archive: string): string {
  const said = podman(store, ['load', '-q', '-i', archive]);
  return said.trim().replace(/^Loaded image[^:]*: */, '');
}

/** The image as skopeo sees it, e.g. of `oci-archive:PATH`. */
export function skopeoInspect(image: string): unknown {
  return JSON.parse(run('skopeo', ['inspect', image]));
}

/** The image's config as it stands in the image: skopeo's own view leaves HEALTHCHECK out. */
export function skopeoConfig(image: string): unknown {
  return JSON.parse(run('skopeo', ['inspect', '--config', '--raw', image]));
}

/** Copies an image into an OCI layout (umoci reads no archives) and unpacks it; returns the root. */
export function umociUnpack(image: string, folder: string): string {
  const layout = `${join(folder, 'layout')}:image`;
  const bundle = join(folder, 'bundle');
  run('skopeo', ['copy', '-q', image, `oci:${layout}`]);
  const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
  run('umoci', ['unpack', ...rootless, '--image', layout, bundle]);
  return join(bundle, 'rootfs');
}

/** The differences that a container would see between two images; the empty list is "the same". */
export function imageDifferences(a: string, b: string, ignore: readonly string[] = []): string[] {
  if (!existsSync(IMGDIFF)) throw new Error(`${IMGDIFF} is not there`);
  const ignored = ignore.flatMap((path) => ['--ignore', path]);
  const done = start(IMGDIFF, [...ignored, a, b]);
  if (done.status === 0) return [];
  if (done.status === 1) return done.stdout.trim().split('\n');
  throw new Error(`imgdiff could not read the images: ${done.stderr}`);
}

/** Runs a program to its end; a failure is thrown with what it said. */
export function run(program: string, args: readonly string[]): string {
  const done = start(program, args);
  if (done.status === 0) return done.stdout;
  const how = done.error?.message ?? `exit code ${done.status}`;
  throw new Error(`${program} ${args.join(' ')}: ${how}\n${done.stdout}\n${done.stderr}`);
}

function start(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function buildah(store: PeerStore, args: readonly string[], tries = 3): string {
  try {
    return run('buildah', [...storage(store), ...args]);
  } catch (error) {
    // Debian's buildah copies itself into a sealed memfd at each step, and now and then loses a race.
    if (tries === 1 || !String(error).includes('sealing memfd')) throw error;
    return buildah(store, args, tries - 1);
  }
}

function podman(store: PeerStore, args: readonly string[]): string {
  // crun refuses the mixed cgroup hierarchies that some machines still have.
  const runtime = hasProgram('runc') ? ['--runtime', 'runc'] : [];
  const cgroups = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'file'];
  return run('podman', [...storage(store), ...runtime, ...cgroups, ...args]);
}

function storage(store: PeerStore): string[] {
  const { folder } = store;
  const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  return [...places, '--storage-driver', 'overlay'];
}
