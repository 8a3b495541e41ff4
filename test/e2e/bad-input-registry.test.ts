// Registries that are not there, refuse, or send what is not what was asked for: the code, the place, words
// that help, and nothing of it in the store.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realRegistry } from '../support/docker-registry.ts';
import { contextOf, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const FILES = { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' };

test('no registry, no such image, no such tag', async (context) => {
  const { host } = await realRegistry(context);
  const home = tmpDir();
  const folder = contextOf(FILES);
  const closed = 'localhost:1/app';
  refuses(slipway(home, ['pull', closed]), 'E_REGISTRY_UNREACHABLE', 'it refuses connections');
  const push = ['build', '-q', '-t', closed, '--push', folder];
  refuses(slipway(home, push), 'E_REGISTRY_UNREACHABLE', 'localhost:1 cannot be reached');
  refuses(slipway(home, ['pull', `${host}/none`]), 'E_IMAGE_NOT_FOUND', `${host} has no`);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${host}/none:1\n`);
  const based = slipway(home, ['build', '-q', folder]);
  refuses(based, 'E_IMAGE_NOT_FOUND', `the local store has no ${host}/none:1|Dockerfile:1:6`);
});

test('wrong credentials and none, in pull, FROM and push', async (context) => {
  const { host } = await realRegistry(context, { password: true });
  const [home, folder, right, wrong] = [tmpDir(), contextOf(FILES), tmpDir(), tmpDir()];
  logIn(right, host, 'me:open:sesame');
  logIn(wrong, host, 'me:guess');
  const name = `${host}/private:1`;
  const push = ['build', '-q', '-t', name, '--push', folder];
  expect(slipway(home, push, { DOCKER_CONFIG: right })).toMatchObject({ status: 0, stderr: '' });
  const base = contextOf({ Dockerfile: `FROM ${name}\n` });
  for (const docker of [wrong, tmpDir()]) {
    const environment = { DOCKER_CONFIG: docker };
    const other = tmpDir();
    const pull = slipway(other, ['pull', name], environment);
    refuses(pull, 'E_REGISTRY_AUTH', `${host} refuses access`);
    expect(pull.stderr).not.toContain('guess');
    refuses(
      slipway(other, ['build', '-q', base], environment),
      'E_REGISTRY_AUTH',
      'Dockerfile:1:6',
    );
    refuses(slipway(other, push, environment), 'E_REGISTRY_AUTH', `${host} refuses access`);
  }
});

test('a layer that was changed in the storage of the registry is refused and not kept', async (context) => {
  const { host, data } = await realRegistry(context);
  const folder = contextOf({ ...FILES, big: 'x'.repeat(100_000) });
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY big /\n');
  const name = `${host}/app:1`;
  const layout = join(folder, 'layout');
  const outputs = ['--push', '-o', `type=oci,tar=false,dest=${layout}`];
  const pushed = slipway(tmpDir(), ['build', '-q', '-t', name, ...outputs, folder]);
  const { digest, size } = onlyLayer(layout, pushed.stdout.trim());
  const hex = digest.slice('sha256:'.length);
  const path = join(data, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  writeFileSync(path, Buffer.alloc(size, 7));
  const home = tmpDir();
  refuses(slipway(home, ['pull', name]), 'E_BLOB_CORRUPT', `${digest}|is damaged`);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${name}\nCOPY big /more\n`);
  refuses(slipway(home, ['build', '-q', folder]), 'E_BLOB_CORRUPT', 'Dockerfile:1:6');
  expect(readdirSync(join(home, 'oci/blobs/sha256'))).not.toContain(hex);
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  expect(slipway(home, ['images', '--format', 'json']).stdout).toBe('');
});

function refuses(done: Finished, code: string, says: string): void {
  expect(done.stderr).toContain(`error[${code}]: `);
  for (const words of says.split('|')) expect(done.stderr).toContain(words);
  expect(done).toMatchObject({ status: 1, stdout: '' });
}

function logIn(docker: string, host: string, words: string): void {
  const auth = Buffer.from(words).toString('base64');
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
}

function onlyLayer(layout: string, manifest: string): { digest: string; size: number } {
  const path = join(layout, 'blobs', manifest.replace(':', '/'));
  const { layers } = JSON.parse(readFileSync(path, 'utf8')) as {
    layers: [{ digest: string; size: number }];
  };
  return layers[0];
}
