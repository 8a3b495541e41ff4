// A base for machines that can make no distribution: the machine's own shell and common tools with
// the libraries that they need, as ldd names them. For the demo; nothing to ship to anyone.

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { copyOf, dir, text, writeLayer } from '../lib/layer.mjs';
import { which } from '../lib/tools.mjs';

/** The name that the image gets in the store. */
export const name = 'localhost/host-tools';

const PROGRAMS = (
  'sh cat cp mv rm ls mkdir rmdir ln chmod touch head tail wc sort uniq tr cut sed awk grep find ' +
  'env printf echo test date id sha256sum tee sleep true false stat basename dirname expr seq du ' +
  'tar gzip xargs'
).split(' ');

/** Makes the image's one layer in `work`. Returns the parts of a docker archive. */
export async function make(work) {
  const programs = PROGRAMS.map((program) => ({ program, path: which(program) }))
    // A shell answers for its own built-ins with a bare word; those need no file.
    .filter(({ path }) => path !== undefined)
    .map(({ program, path }) => ({ to: `bin/${program}`, from: realpathSync(path) }));
  const libraries = new Set(programs.flatMap(({ from }) => librariesOf(from)));
  const layer = await writeLayer(`${work}/host-tools.tar`, [
    ...programs.map(({ to, from }) => copyOf(to, from, 0o755)),
    ...[...libraries].map((path) => copyOf(path.slice(1), realpathSync(path), 0o755)),
    ...['hostname', 'hosts', 'resolv.conf'].map((file) => text(`etc/${file}`, '')),
    ...['dev', 'proc', 'run', 'sys'].map((path) => dir(path)),
    dir('root', 0o700),
    dir('tmp', 0o1777),
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'),
    text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
  ]);
  const config = { Env: ['PATH=/bin'], Cmd: ['sh'] };
  return { name, layers: [layer], config, comment: "this machine's own shell and tools" };
}

function librariesOf(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1]);
}
