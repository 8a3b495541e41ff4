// node:20-slim: debian:bookworm with this machine's own node program and npm on top, laid out as in
// the image of that name (/usr/local, user `node` with id 1000). The version is this machine's. Where
// NODE_EXTRA_CA_CERTS is set here, for a proxy that inspects TLS, the image has that file and
// variable too: a RUN that uses npm needs them as much as npm outside does.

import { spawnSync } from 'node:child_process';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { copyOf, dir, link, text, writeLayer } from '../lib/layer.mjs';
import { Stop } from '../lib/say.mjs';
import { output, which } from '../lib/tools.mjs';
import * as debian from './debian.mjs';

/** The name that the image gets in the store. */
export const name = 'node:20-slim';

/** The image that it stands on. */
export { debian as base };

/** Makes node's layer in `work` on top of Debian's. Returns the parts of a docker archive. */
export async function make(work, base) {
  const debianLayer = base.layers[0];
  const node = realpathSync(process.execPath);
  const extraCertificates = process.env.NODE_EXTRA_CA_CERTS;
  refuseUnknownLibraries(node, debianLayer.path);
  const layer = await writeLayer(`${work}/node.tar`, [
    copyOf('usr/local/bin/node', node, 0o755),
    link('usr/local/bin/nodejs', 'node'),
    link('usr/local/bin/npm', '../lib/node_modules/npm/bin/npm-cli.js'),
    link('usr/local/bin/npx', '../lib/node_modules/npm/bin/npx-cli.js'),
    ...folder('usr/local/lib/node_modules/npm', npmFolder()),
    text(
      'etc/passwd',
      `${fromLayer(debianLayer, 'etc/passwd')}node:x:1000:1000::/home/node:/bin/bash\n`,
    ),
    text('etc/group', `${fromLayer(debianLayer, 'etc/group')}node:x:1000:\n`),
    dir('home/node', 0o755, 1000),
    ...(extraCertificates ? [copyOf(CERTIFICATES, extraCertificates, 0o644)] : []),
  ]);
  const env = [...base.config.Env, `NODE_VERSION=${process.versions.node}`];
  if (extraCertificates) env.push(`NODE_EXTRA_CA_CERTS=/${CERTIFICATES}`);
  return {
    name,
    layers: [debianLayer, layer],
    config: { Env: env, Cmd: ['node'] },
    comment: `node ${process.version} of this machine`,
  };
}

const CERTIFICATES = 'usr/local/share/ca-certificates/extra.crt';

function npmFolder() {
  const npm = which('npm');
  if (!npm) throw new Stop('npm is not installed', 'it comes with Node.js from nodejs.org');
  return dirname(dirname(realpathSync(npm)));
}

function fromLayer(layer, path) {
  return output('tar', ['-xOf', layer.path, `./${path}`]);
}

// A distribution's own node may be linked with libraries that Debian's minbase does not have.
function refuseUnknownLibraries(program, layer) {
  const listing = output('tar', ['-tf', layer]);
  const wanted = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout;
  const names = [...wanted.matchAll(/^\s+(\S+\.so[.\d]*) =>/gm)].map((match) => match[1]);
  const missing = names.filter((library) => !listing.includes(`/${library}\n`));
  if (missing.length === 0) return;
  throw new Stop(
    `${program} needs ${missing.join(', ')}, which debian:bookworm does not have`,
    'use the Node.js program from nodejs.org, which needs the C and C++ libraries only',
  );
}

function folder(path, from) {
  return readdirSync(from, { withFileTypes: true, recursive: true })
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`)
    .map((file) => ({ file, to: path + file.slice(from.length), stat: statSync(file) }))
    .map(({ file, to, stat }) =>
      stat.isDirectory() ? dir(to) : copyOf(to, file, stat.mode & 0o100 ? 0o755 : 0o644),
    );
}
