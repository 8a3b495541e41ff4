// docker with a daemon of its own, so that nothing of the machine's is touched. With the buildx
// plugin `docker build` is BuildKit; without it, it is the old builder. An archive is a save.

import { join } from 'node:path';
import { run, startDaemon, versionOf } from '../lib/program.mjs';

export const name = 'docker';
export const formats = ['docker'];

export const version = () => {
  const daemon = process.getuid() === 0 ? versionOf('dockerd') : undefined;
  if (!daemon || !versionOf('docker')) return undefined;
  const buildx = versionOf('docker', ['buildx', 'version']);
  return `${daemon}, ${buildx ? 'BuildKit by buildx' : 'the old builder (no buildx)'}`;
};

export async function open(folder) {
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const docker = (...args) => run('docker', ['-H', socket, ...args]);
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
  const quiet = ['--iptables=false', '--bridge=none', '--pidfile', join(folder, 'docker.pid')];
  const stop = await startDaemon('dockerd', ['-H', socket, ...places, ...quiet], {
    log: join(folder, 'docker.log'),
    ready: () => docker('version'),
  });
  return {
    load: (base) => docker('load', '-q', '-i', base),
    build: (context, archive) => {
      docker('build', '-q', '--network', 'host', '-t', 'bench', context);
      if (archive) docker('save', '-o', archive.path, 'bench');
    },
    close: stop,
  };
}
