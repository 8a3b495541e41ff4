// Every sample, built by slipway: what runs in it, what lies in it, whether the field's own tools
// take it, and whether it is the same to a container as what buildah builds from the same files.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildahBuild,
  CHECKOUT,
  IMGDIFF,
  imageDifferences,
  loadIntoPeers,
  openPeerStore,
  type PeerStore,
  podmanLoad,
  podmanRun,
  run,
  skopeoConfig,
  skopeoInspect,
  umociUnpack,
} from '../support/peers.ts';
import { hasProgram, requires, requiresPrograms } from '../support/requires.ts';
import { allSamples, fileAt, type Sample } from '../support/samples.ts';

const SAMPLES = allSamples();

/** A Dockerfile with the same result for buildah, where Debian's is too old for the sample's own. */
const FOR_BUILDAH: Readonly<Record<string, string>> = {
  '04-heredocs-and-mounts': 'test/e2e/cases/04-without-heredocs.Dockerfile',
};

const CAN_MAKE_BASES = ['mmdebstrap', 'busybox'].every(hasProgram);
const CAN_COMPARE = ['buildah', 'podman', 'skopeo', 'umoci'].every(hasProgram);

let work: string;
let peers: PeerStore;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'slipway-samples-'));
  peers = openPeerStore();
  if (!CAN_MAKE_BASES) return;
  const bases = JSON.parse(run('node', [join(CHECKOUT, 'scripts/make-bases.mjs'), '--no-load']));
  for (const archive of Object.values<string>(bases)) {
    slipway(['load', '-i', archive]);
    if (CAN_COMPARE) loadIntoPeers(peers, `docker-archive:${archive}`);
  }
});

afterAll(() => {
  peers.close();
  rmSync(work, { recursive: true, force: true });
});

test('every folder of samples/ is listed in its README with the bases that it needs', () => {
  const readme = run('cat', [join(CHECKOUT, 'samples/README.md')]);
  for (const { name, expect: expected } of SAMPLES) {
    const row = readme
      .split('\n')
      .find((line) => line.startsWith(`| [${name}](${name}/Dockerfile)`));
    expect(row, name).toContain(
      `| ${expected.bases.join(', ')} | ${expected.network ? 'yes' : 'no'} |`,
    );
  }
});

describe.each(SAMPLES)('$name', (sample) => {
  const archive = (): string => join(work, `${sample.name}.oci.tar`);

  test('builds to an OCI archive', (context) => {
    requires(context, CAN_MAKE_BASES, 'mmdebstrap and busybox-static, to make the base images');
    slipway(['build', '--progress=plain', '-o', `type=oci,dest=${archive()}`, sample.folder]);
    expect(existsSync(archive())).toBe(true);
  });

  test('holds the files and the config that it should', (context) => {
    requires(context, existsSync(archive()), 'the built sample');
    requiresPrograms(context, 'skopeo', 'umoci');
    const image = `oci-archive:${archive()}`;
    expect(skopeoInspect(image)).toMatchObject({ Os: 'linux' });
    expect(skopeoConfig(image)).toMatchObject({ config: sample.expect.config });
    const folder = mkdtempSync(join(work, 'umoci-'));
    const rootfs = umociUnpack(image, folder);
    for (const [path, wanted] of Object.entries(sample.expect.files)) {
      const found = fileAt(rootfs, path, wanted ?? { type: 'file' });
      expect(found, path).toEqual(wanted);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('runs under podman as it should', (context) => {
    requires(context, existsSync(archive()), 'the built sample');
    requires(context, CAN_COMPARE, 'buildah, podman, skopeo and umoci');
    checkRuns(podmanLoad(peers, archive()), sample);
  });

  test('is the same to a container as what buildah builds', (context) => {
    requires(context, existsSync(archive()), 'the built sample');
    requires(context, CAN_COMPARE, 'buildah, podman, skopeo and umoci');
    requires(context, existsSync(IMGDIFF), 'the tool imgdiff beside the checkout');
    const other = join(work, `${sample.name}.buildah.tar`);
    const own = FOR_BUILDAH[sample.name];
    const dockerfile = own ? join(CHECKOUT, own) : join(sample.folder, 'Dockerfile');
    buildahBuild(peers, { context: sample.folder, dockerfile, archive: other });
    checkRuns(loadIntoPeers(peers, `docker-archive:${other}`), sample);
    expect(imageDifferences(archive(), other)).toEqual([]);
  });
});

function checkRuns(image: string, sample: Sample): void {
  for (const { command, stdout, matches } of sample.expect.run) {
    const said = podmanRun(peers, image, command);
    if (stdout !== undefined) expect(said).toBe(stdout);
    for (const pattern of matches ?? []) expect(said).toMatch(new RegExp(pattern, 'm'));
  }
}

function slipway(args: readonly string[]): string {
  const program = join(CHECKOUT, 'dist/slipway.cjs');
  return run('env', [`SLIPWAY_HOME=${join(work, 'store')}`, process.execPath, program, ...args]);
}
