// debian:bookworm: Debian's minbase, made by mmdebstrap from the Debian archive, with the few
// settings that Debian's container images have. Like those it has no ca-certificates.

import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { BASE_TIME } from '../lib/layer.mjs';
import { Stop } from '../lib/say.mjs';
import { need, output, which } from '../lib/tools.mjs';

/** The name that the image gets in the store. */
export const name = 'debian:bookworm';

/**
 * The Debian archive that this machine uses itself, without the `/debian` at its end; DEBIAN_MIRROR names
 * another one. Undefined on a machine that has none.
 */
const MIRROR = process.env.DEBIAN_MIRROR?.replace(/\/debian\/?$/, '') ?? mirrorOfMachine();

/** Makes the image's one layer in `work`. Needs the network. Returns the parts of a docker archive. */
export async function make(work) {
  need('mmdebstrap', 'mmdebstrap');
  if (process.getuid() !== 0 && !which('newuidmap')) need('newuidmap', 'uidmap');
  if (!(await archiveAnswers())) {
    throw new Stop(
      MIRROR === undefined ? 'this machine uses no Debian archive' : `${MIRROR} does not answer`,
      'the Debian base is made from the Debian archive; DEBIAN_MIRROR=URL names one',
    );
  }
  const path = `${work}/debian.tar`;
  output('mmdebstrap', [...OPTIONS, 'bookworm', path, ...SOURCES], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(BASE_TIME) },
  });
  addEmptyDev(work, path);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return {
    name,
    layers: [{ diffId: `sha256:${hash.digest('hex')}`, path }],
    config: { Env: [PATH], Cmd: ['bash'] },
    comment: 'mmdebstrap --variant=minbase bookworm',
  };
}

/** The first archive of Debian itself among the machine's apt sources, in either of their forms. */
function mirrorOfMachine() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).map((file) => `${folder}/${file}`) : [];
  for (const path of ['/etc/apt/sources.list', ...files]) {
    if (!existsSync(path)) continue;
    const found = /^(?:deb\s.*?|URIs:\s*)(https?:\/\/\S+?)\/debian\/?(?:\s|$)/m.exec(
      readFileSync(path, 'utf8'),
    );
    if (found) return found[1];
  }
  return undefined;
}

/** Whether the Debian archive can be reached from here. */
export async function archiveAnswers() {
  if (MIRROR === undefined) return false;
  try {
    const url = `${MIRROR}/debian/dists/bookworm/InRelease`;
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
    return answer.ok;
  } catch {
    return false;
  }
}

// mmdebstrap can leave the device nodes out, but then leaves out the folder too.
function addEmptyDev(work, layer) {
  mkdirSync(`${work}/empty/dev`, { recursive: true, mode: 0o755 });
  const owner = ['--owner=0', '--group=0', '--mode=0755', `--mtime=@${BASE_TIME}`];
  output('tar', ['--append', ...owner, '-f', layer, '-C', `${work}/empty`, './dev']);
  rmSync(`${work}/empty`, { recursive: true });
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const SOURCES = [
  `deb ${MIRROR}/debian bookworm main`,
  `deb ${MIRROR}/debian bookworm-updates main`,
  `deb ${MIRROR}/debian-security bookworm-security main`,
];

// A package's script must not start services in a build, and downloaded packages are not kept. The
// empty files are what a container's own are mounted on: some builders leave them behind otherwise.
const SETTINGS = String.raw`set -e
printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
chmod 755 "$1/usr/sbin/policy-rc.d"
echo force-unsafe-io > "$1/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
for event in DPkg::Post-Invoke APT::Update::Post-Invoke; do
  echo "$event { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };"
done > "$1/etc/apt/apt.conf.d/docker-clean"
rm -f "$1/var/cache/ldconfig/aux-cache"
for name in hostname hosts resolv.conf; do : > "$1/etc/$name"; chmod 644 "$1/etc/$name"; done`;

const OPTIONS = [
  '--variant=minbase',
  '--skip=output/dev',
  '--aptopt=Acquire::Languages "none"',
  `--customize-hook=${SETTINGS}`,
];
