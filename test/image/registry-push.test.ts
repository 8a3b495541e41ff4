import { expect, onTestFinished, test } from 'vitest';
import { BuildError } from '../../core/errors.ts';
import {
  openRegistry,
  type Registry,
  type RegistryOptions,
} from '../../image/registry/registry.ts';
import { type TestImage, testImage } from '../support/oci.ts';
import { reply, replyError, type TestRegistry, testRegistry } from '../support/registry.ts';

test('blobs go up first and the manifest last, each blob once', async () => {
  const { server, registry } = await started();
  const image = await testImage({ layers: [{ a: '1' }, { b: '2' }, { a: '1' }] });
  await registry.write(image, [`${server.host}/team/app:1`]);
  expectStored(server, 'team/app', image);
  expect(server.manifest('team/app', '1')).toEqual(image.manifestBytes);
  expect(server.log().at(-1)).toBe('PUT /v2/team/app/manifests/1');
  expect(server.log().filter((line) => line.startsWith('PUT'))).toHaveLength(4);
  const put = server.requests.find(({ method }) => method === 'PUT');
  expect(put?.headers['content-length']).toMatch(/^[0-9]+$/);
  expect(put?.headers['transfer-encoding']).toBeUndefined();
});

test('what the registry has is not sent again; a second tag costs one request', async () => {
  const { server, registry } = await started();
  const image = await testImage();
  await registry.write(image, [`${server.host}/app:1`]);
  server.requests.length = 0;
  const unreadable = {
    ...image,
    openBlob: () => {
      throw new Error('read again');
    },
  };
  await registry.write(unreadable, [`${server.host}/app:1`, `${server.host}/app:2`]);
  expect(server.log().sort()).toEqual(
    [
      ...[...image.blobs.keys()]
        .filter((digest) => digest !== image.manifest.digest)
        .map((digest) => `HEAD /v2/app/blobs/${digest}`),
      'PUT /v2/app/manifests/1',
      'PUT /v2/app/manifests/2',
    ].sort(),
  );
});

test('a second repository takes its blobs from the first, and a base’s layers come from where it was pulled', async () => {
  const image = await testImage();
  const { server, registry } = await started({ blobOrigin: () => `${host}/base:1` });
  const host = server.host;
  server.add('base', '1', image);
  await registry.write(image, [`${host}/one:1`, `${host}/two:1`]);
  expectStored(server, 'one', image);
  expectStored(server, 'two', image);
  expect(server.log().some((line) => line.startsWith('PUT') && line.includes('uploads'))).toBe(
    false,
  );
  const mounts = server.requests
    .filter(({ method }) => method === 'POST')
    .map(({ path }) => new URL(path, 'http://x').searchParams.get('from'));
  expect(new Set(mounts)).toEqual(new Set(['base', 'one']));
});

test('a mount that is refused, or that the registry cannot do, becomes an upload', async () => {
  for (const refuse of [true, false]) {
    const image = await testImage();
    const { server, registry } = await started({ blobOrigin: () => `${host}/base:1` });
    const host = server.host;
    if (refuse)
      server.faults.push(
        (request, response) =>
          request.url?.includes('mount=') === true && replyError(response, 403, 'DENIED'),
      );
    await registry.write(image, [`${host}/app:1`]);
    expectStored(server, 'app', image);
  }
});

test('an origin in another registry is not asked for', async () => {
  const { server, registry } = await started({ blobOrigin: () => 'docker.io/library/debian:12' });
  await registry.write(await testImage(), [`${server.host}/app:1`]);
  expect(server.requests.some(({ path }) => path.includes('mount='))).toBe(false);
});

test('an upload that breaks starts again from the beginning', async () => {
  const { server, registry } = await started();
  const image = await testImage();
  server.faults.push((request, response, seen) => {
    if (request.method !== 'PUT' || seen >= 2) return false;
    response.destroy();
    return true;
  });
  await registry.write(image, [`${server.host}/app:1`]);
  expectStored(server, 'app', image);
});

test('an upload may be sent on to another place by 307, body and all', async () => {
  const { server, registry } = await started();
  const image = await testImage();
  server.faults.push((request, response, seen) =>
    request.method === 'PUT' && request.url?.includes('uploads/1') === true && seen < 1
      ? reply(response, 307, { location: request.url })
      : false,
  );
  await registry.write(image, [`${server.host}/app:1`]);
  expectStored(server, 'app', image);
});

test('an upload to another host goes without credentials', async () => {
  const storage = await testRegistry();
  const { server, registry } = await started({
    credentials: async () => ({ kind: 'password', username: 'me', password: 'secret' }),
  });
  server.faults.push((request, response) => {
    if (request.headers.authorization === undefined) {
      return reply(response, 401, { 'www-authenticate': 'Basic realm="x"' });
    }
    return (
      request.method === 'POST' &&
      reply(response, 202, {
        location: `http://${storage.host}/v2/app/blobs/uploads/1?state=a%2Fb`,
      })
    );
  });
  const image = await testImage();
  await registry.write(image, [`${server.host}/app:1`]);
  expectStored(storage, 'app', image);
  expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    undefined,
  ]);
});

test('a registry that says not where to upload to is an error', async () => {
  const { server, registry } = await started();
  server.faults.push((request, response) => request.method === 'POST' && reply(response, 202));
  await expect(registry.write(await testImage(), [`${server.host}/app:1`])).rejects.toMatchObject({
    code: 'E_REGISTRY',
    message: `http://${server.host}/v2/app/blobs/uploads/ says not where to upload to`,
  });
});

test('a registry that stores something else is an error', async () => {
  const { server, registry } = await started();
  server.faults.push(
    (request, response) =>
      request.url?.includes('manifests') === true &&
      reply(response, 201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
  );
  const image = await testImage();
  await expect(registry.write(image, [`${server.host}/app:1`])).rejects.toMatchObject({
    code: 'E_DIGEST_MISMATCH',
    message: `${server.host}/app:1 was stored with digest sha256:${'0'.repeat(64)}, but has ${image.manifest.digest}`,
  });
});

test('a damaged local blob ends the push with its own error, and no manifest is sent', async () => {
  const { server, registry } = await started();
  const broken = {
    ...(await testImage()),
    // biome-ignore lint/correctness/useYield: it fails before the first chunk
    async *openBlob() {
      throw new BuildError('E_BLOB_CORRUPT', 'damaged');
    },
  };
  await expect(registry.write(broken, [`${server.host}/app:1`])).rejects.toMatchObject({
    code: 'E_BLOB_CORRUPT',
    message: 'damaged',
  });
  expect(server.manifest('app', '1')).toBeUndefined();
});

test('a refusal is told with the registry’s reason', async () => {
  const { server, registry } = await started();
  server.faults.push(
    (request, response) =>
      request.method === 'POST' && replyError(response, 403, 'DENIED', 'read only'),
  );
  await expect(registry.write(await testImage(), [`${server.host}/app:1`])).rejects.toMatchObject({
    code: 'E_REGISTRY_AUTH',
    message: `${server.host} refuses access to an upload to app: DENIED: read only`,
    hint: `log in first (docker login ${server.host}); or there is no such repository`,
  });
});

async function started(
  options: Partial<RegistryOptions> = {},
): Promise<{ server: TestRegistry; registry: Registry }> {
  const server = await testRegistry();
  const registry = openRegistry({
    credentials: async () => undefined,
    insecure: () => false,
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => registry.close());
  return { server, registry };
}

function expectStored(server: TestRegistry, repository: string, image: TestImage): void {
  for (const [digest, bytes] of image.blobs) {
    if (digest !== image.manifest.digest) expect(server.blob(repository, digest)).toEqual(bytes);
  }
}
