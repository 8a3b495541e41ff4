// busybox: one static program under the names of its applets, as the image of that name has it.

import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { copyOf, dir, hardlink, link, text, writeLayer } from '../lib/layer.mjs';
import { Stop } from '../lib/say.mjs';
import { need, output, which } from '../lib/tools.mjs';

/** The name that the image gets in the store. */
export const name = 'busybox';

/** Makes the image's one layer in `work`. Returns the parts of a docker archive. */
export async function make(work) {
  need('busybox', 'busybox-static');
  const program = realpathSync(which('busybox'));
  if (spawnSync('ldd', [program]).status === 0) {
    throw new Stop(
      `${program} needs shared libraries`,
      'Debian, Ubuntu: apt-get install busybox-static',
    );
  }
  const applets = output(program, ['--list'])
    .split('\n')
    .filter((applet) => applet !== '' && applet !== 'busybox');
  const layer = await writeLayer(`${work}/busybox.tar`, [
    // Sorts before every applet that starts with a letter, as hard links need; `[` sorts before it.
    copyOf('bin/[', program, 0o755),
    ...['busybox', ...applets.filter((applet) => applet !== '[')].map((applet) =>
      hardlink(`bin/${applet}`, 'bin/['),
    ),
    ...['dev', 'home', 'proc', 'run', 'sys', 'usr/sbin', 'var/spool/mail', 'var/www'].map((path) =>
      dir(path),
    ),
    dir('root', 0o700),
    dir('tmp', 0o1777),
    dir('var/tmp', 0o1777),
    link('usr/bin/env', '../../bin/env'),
    // What a container's own are mounted on: some builders leave them behind otherwise.
    ...['hostname', 'hosts', 'resolv.conf'].map((file) => text(`etc/${file}`, '')),
    text('etc/passwd', PASSWD),
    text('etc/group', GROUP),
  ]);
  const config = { Env: [PATH], Cmd: ['sh'] };
  return { name, layers: [layer], config, comment: 'busybox-static of this machine' };
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const GROUP = `root:x:0:
daemon:x:1:
www-data:x:33:
nogroup:x:65534:
`;
