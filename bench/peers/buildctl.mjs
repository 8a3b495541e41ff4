// BuildKit by buildctl with a daemon of its own. The base comes from an OCI layout, since BuildKit
// has no store of images to load it into.

import { join } from 'node:path';
import { run, startDaemon, versionOf } from '../lib/program.mjs';

export const name = 'buildctl';
export const formats = ['oci', 'docker'];

export const version = () => {
  const there = process.getuid() === 0 && versionOf('buildkitd') && versionOf('skopeo');
  return there ? versionOf('buildctl') : undefined;
};

export async function open(folder) {
  const address = `unix://${join(folder, 'buildkitd.sock')}`;
  const buildctl = (...args) => run('buildctl', ['--addr', address, ...args]);
  const places = ['--root', join(folder, 'root'), '--addr', address];
  const stop = await startDaemon('buildkitd', [...places, '--containerd-worker=false'], {
    log: join(folder, 'buildkitd.log'),
    ready: () => buildctl('debug', 'workers'),
  });
  const layout = join(folder, 'base');
  const asBase = [];
  return {
    load: (base) => {
      run('skopeo', ['copy', '-q', `docker-archive:${base}`, `oci:${layout}:latest`]);
      const ask = ['inspect', '--format', '{{.Digest}}', `oci:${layout}:latest`];
      const image = `oci-layout://base@${run('skopeo', ask).trim()}`;
      asBase.push('--oci-layout', `base=${layout}`, '--opt', `context:busybox=${image}`);
    },
    build: (context, archive) => {
      const local = ['--local', `context=${context}`, '--local', `dockerfile=${context}`];
      const to = archive ? ['--output', `type=${archive.format},dest=${archive.path}`] : [];
      const what = ['build', '--progress=plain', '--frontend', 'dockerfile.v0'];
      buildctl(...what, ...local, ...asBase, ...to);
    },
    close: stop,
  };
}
