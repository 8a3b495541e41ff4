// Against the field's own registry program: what the in-process one only imitates.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openRegistry, type Registry } from '../../image/registry/registry.ts';
import { realRegistry } from '../support/docker-registry.ts';
import { collect, testImage } from '../support/oci.ts';
import { requiresPrograms } from '../support/requires.ts';
import { slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

test('an image is pushed, mounted into a second repository, and pulled back the same', async (context) => {
  const { host } = await realRegistry(context);
  const registry = opened();
  const image = await testImage({ layers: [{ a: '1' }, { b: 'x'.repeat(3_000_000) }] });
  await registry.write(image, [`${host}/team/app:1`, `${host}/team/app:2`, `${host}/copy:1`]);
  for (const name of ['team/app:1', 'team/app:2', 'copy:1', `copy@${image.manifest.digest}`]) {
    const found = await registry.resolve(`${host}/${name}`, AMD64);
    expect(found.manifestBytes).toEqual(image.manifestBytes);
    for (const layer of found.layers) {
      expect(await collect(found.openBlob(layer))).toEqual(image.blobs.get(layer.digest));
    }
  }
  expect(await registry.lookUp(`${host}/copy:1`)).toEqual(image.manifest);
});

test('what is not there is told as such', async (context) => {
  const { host } = await realRegistry(context);
  await expect(opened().resolve(`${host}/app:1`, AMD64)).rejects.toMatchObject({
    code: 'E_IMAGE_NOT_FOUND',
    message: `${host} has no ${host}/app:1: MANIFEST_UNKNOWN: manifest unknown`,
  });
});

test('with a password: right, wrong and none', async (context) => {
  const { host } = await realRegistry(context, { password: true });
  const image = await testImage();
  const name = `${host}/private/app:1`;
  await opened('open:sesame').write(image, [name]);
  expect((await opened('open:sesame').resolve(name, AMD64)).manifest).toEqual(image.manifest);
  await expect(opened('wrong').resolve(name, AMD64)).rejects.toMatchObject({
    code: 'E_REGISTRY_AUTH',
    message: `${host} refuses access to ${name}: UNAUTHORIZED: authentication required`,
  });
  await expect(opened().write(image, [name])).rejects.toMatchObject({
    code: 'E_REGISTRY_AUTH',
    hint: `log in first (docker login ${host}); or there is no such repository`,
  });
});

test('skopeo sees the image that we pushed', async (context) => {
  requiresPrograms(context, 'skopeo');
  const { host } = await realRegistry(context);
  const image = await testImage();
  await opened().write(image, [`${host}/app:1`]);
  const raw = execFileSync('skopeo', [
    'inspect',
    '--tls-verify=false',
    '--raw',
    `docker://${host}/app:1`,
  ]);
  expect(raw).toEqual(image.manifestBytes);
});

test('an image that skopeo pushed in Docker’s format is read', async (context) => {
  requiresPrograms(context, 'skopeo');
  const { host } = await realRegistry(context);
  const image = await testImage();
  const registry = opened();
  await registry.write(image, [`${host}/oci:1`]);
  const copy = [
    'copy',
    '-q',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--format',
    'v2s2',
  ];
  execFileSync('skopeo', [...copy, `docker://${host}/oci:1`, `docker://${host}/docker:1`]);
  const found = await registry.resolve(`${host}/docker:1`, AMD64);
  expect(found.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  expect(found.config.rootfs).toEqual(image.config.rootfs);
});

test('the built program pulls and pushes, with the credentials of docker login', async (context) => {
  const { host } = await realRegistry(context, { password: true });
  const image = await testImage();
  await opened('open:sesame').write(image, [`${host}/private/app:1`]);
  const [home, docker] = [tmpDir(), tmpDir()];
  const auth = Buffer.from('me:open:sesame').toString('base64');
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  const environment = { DOCKER_CONFIG: docker };
  const run = (...args: string[]) => slipway(home, args, environment);
  expect(run('pull', `${host}/private/app:1`)).toMatchObject({
    status: 0,
    stdout: `${image.manifest.digest}\n`,
  });
  expect(run('tag', `${host}/private/app:1`, `${host}/other:2`)).toMatchObject({ status: 0 });
  expect(run('push', `${host}/other:2`)).toMatchObject({ status: 0 });
  const pushed = await opened('open:sesame').resolve(`${host}/other:2`, AMD64);
  expect(pushed.manifestBytes).toEqual(image.manifestBytes);
  const refused = slipway(home, ['pull', `${host}/private/app:1`], { DOCKER_CONFIG: tmpDir() });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('E_REGISTRY_AUTH');
});

function opened(password?: string): Registry {
  const registry = openRegistry({
    credentials: async () =>
      password === undefined ? undefined : { kind: 'password', username: 'me', password },
    insecure: () => false,
    retryDelayMs: 1,
  });
  onTestFinished(() => registry.close());
  return registry;
}
