// Images and builds for the security tests: an archive of hand-made layers is loaded into a store, as
// a stranger's image would be, and a Dockerfile is built from it by the program as a person runs it.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { archive, member } from './raw-tar.ts';
import { requires, requiresPrograms } from './requires.ts';
import { contextOf, type Finished, PROGRAM, programEnv, slipway } from './slipway.ts';
import { tmpDir } from './tmp.ts';

/** Skips where a hostile image's steps cannot be run. */
export function needsSteps(context: TestContext): void {
  requiresPrograms(context, 'busybox');
  requires(context, process.getuid?.() === 0, 'root');
}

/** A layer with a static busybox as `/bin/sh` and its tools. */
export function busyboxLayer(): Buffer {
  busybox ??= makeBusyboxLayer();
  return busybox;
}

let busybox: Buffer | undefined;

function makeBusyboxLayer(): Buffer {
  const path = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  const tools = execFileSync(path, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const links = tools.filter((name) => name !== 'busybox');
  return archive(
    member({ name: 'bin/busybox', content: readFileSync(path), patch: [[100, '0000755']] }),
    ...links.map((name) => member({ name: `bin/${name}`, type: '2', link: 'busybox' })),
  );
}

export interface HostileImage {
  /** Tars. */
  readonly layers: readonly Buffer[];
  /** Of the config; default the layers' own digests. */
  readonly diffIds?: readonly string[];
  /** The config's `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly Readonly<Record<string, unknown>>[];
}

/** The image as `docker save` writes it, under the name `base`. */
export function imageArchive({ layers, diffIds, config = {}, history }: HostileImage): Buffer {
  const document = {
    os: 'linux',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    config,
    rootfs: { type: 'layers', diff_ids: diffIds ?? layers.map((layer) => sha256(layer)) },
    ...(history === undefined ? {} : { history }),
  };
  const manifest = [
    { Config: 'config.json', RepoTags: ['base:1'], Layers: layers.map((_, i) => `${i}.tar`) },
  ];
  return archive(
    member({ name: 'manifest.json', content: JSON.stringify(manifest) }),
    member({ name: 'config.json', content: JSON.stringify(document) }),
    ...layers.map((content, i) => member({ name: `${i}.tar`, content })),
  );
}

/** `slipway load` of an image, as `base:1`. */
export function load(home: string, image: HostileImage): Finished {
  const path = join(tmpDir(), 'image.tar');
  writeFileSync(path, imageArchive(image));
  return slipway(home, ['load', '-i', path]);
}

export interface HostileBuild {
  readonly home: string;
  /** Entries that the base has besides busybox. */
  readonly members?: readonly Buffer[];
  readonly config?: Readonly<Record<string, unknown>>;
  /** What follows `FROM base:1`; where it has a FROM of its own, the whole Dockerfile. */
  readonly dockerfile: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** What was loaded last into each store. */
const loaded = new Map<string, string>();

/** Loads busybox with `members` over it as `base:1`, unless it is there, and builds from that. */
export function buildOnHostile(build: HostileBuild): Finished {
  const { home, members = [], config, dockerfile, files = {}, args = [] } = build;
  const layers = [busyboxLayer(), ...(members.length === 0 ? [] : [archive(...members)])];
  const image: HostileImage = { layers, config: { Env: ['PATH=/bin'], ...config } };
  const id = JSON.stringify([layers.map((layer) => sha256(layer)), image.config]);
  if (loaded.get(home) !== id) {
    const { status, stderr } = load(home, image);
    expect(status, stderr).toBe(0);
    loaded.set(home, id);
  }
  const text = /^FROM /m.test(dockerfile) ? dockerfile : `FROM base:1\n${dockerfile}`;
  return buildIn(home, { Dockerfile: text, ...files }, ...args);
}

/** Builds a context of these files; the log is plain text on standard error. */
export function buildIn(
  home: string,
  files: Readonly<Record<string, string>>,
  ...args: string[]
): Finished {
  return slipway(home, ['build', '--progress=plain', ...args, contextOf(files)]);
}

/** `slipway` with `input` as its standard input. */
export function slipwayWithInput(home: string, args: readonly string[], input: Buffer): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    env: programEnv(home),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    input,
  });
  return { status, stdout, stderr };
}
