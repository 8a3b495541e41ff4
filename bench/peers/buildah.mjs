// buildah with overlay storage and chroot isolation, its lightest. An archive is a push after the
// build, as with buildah it is.

import { join } from 'node:path';
import { run, versionOf } from '../lib/program.mjs';

export const name = 'buildah';
export const formats = ['oci', 'docker'];

export const version = () => versionOf('buildah');

export async function open(folder) {
  const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const buildah = (...args) => run('buildah', [...places, '--storage-driver', 'overlay', ...args]);
  const bud = [
    'bud',
    '-q',
    '--layers',
    '--isolation',
    'chroot',
    '--network',
    'host',
    '-t',
    'bench',
  ];
  return {
    load: (base) => buildah('pull', '-q', `docker-archive:${base}`),
    build: (context, archive) => {
      buildah(...bud, context);
      if (archive)
        buildah('push', '-q', 'bench', `${archive.format}-archive:${archive.path}:bench`);
    },
    close: async () => {},
  };
}
