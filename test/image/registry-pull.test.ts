import { describe, expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { MEDIA } from '../../image/model.ts';
import {
  openRegistry,
  type Registry,
  type RegistryOptions,
} from '../../image/registry/registry.ts';
import { collect, type TestImage, testImage, testIndex } from '../support/oci.ts';
import { reply, replyError, type TestRegistry, testRegistry } from '../support/registry.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

describe('pulling', () => {
  test('manifest and config come first, a layer only when it is asked for; all are as they were', async () => {
    const { server, registry, name, image } = await served();
    const found = await registry.resolve(name, AMD64);
    expect(found.name).toBe(name);
    expect(found.manifestBytes).toEqual(image.manifestBytes);
    expect(found.config).toEqual(image.config);
    expect(server.log()).toEqual([
      'GET /v2/team/app/manifests/1',
      `GET /v2/team/app/blobs/${image.configDescriptor.digest}`,
    ]);
    for (const layer of found.layers) {
      expect(await collect(found.openBlob(layer))).toEqual(image.blobs.get(layer.digest));
    }
  });

  test('of an index the platform chooses, and a digest may name what is in it', async () => {
    const { server, registry } = await served();
    const images = [await testImage(), await testImage({ platform: ARM64 })] as const;
    for (const image of images) server.add('multi', 'x', image);
    const index = testIndex(images);
    server.addManifest('multi', '1', MEDIA.ociIndex, index.bytes);
    const [amd64, arm64] = images;
    expect((await registry.resolve(`${server.host}/multi:1`, ARM64)).manifest.digest).toBe(
      arm64.manifest.digest,
    );
    const byDigest = `${server.host}/multi@${amd64.manifest.digest}`;
    expect((await registry.resolve(byDigest, ARM64)).manifestBytes).toEqual(amd64.manifestBytes);
    await expect(
      registry.resolve(`${server.host}/multi:1`, { os: 'linux', architecture: 's390x' }),
    ).rejects.toMatchObject({
      code: 'E_PLATFORM_NOT_FOUND',
      message: `${server.host}/multi:1 has no image for linux/s390x`,
    });
  });

  test('looking up a tag is one HEAD; a registry that answers it badly is asked by GET', async () => {
    const { server, registry, name, image } = await served();
    await registry.lookUp(name);
    server.requests.length = 0;
    expect(await registry.lookUp(name)).toEqual(image.manifest);
    expect(server.log()).toEqual(['HEAD /v2/team/app/manifests/1']);
    server.faults.push((request, response) => request.method === 'HEAD' && reply(response, 405));
    expect(await registry.lookUp(name)).toEqual(image.manifest);
  });

  test('blobs and manifests can be opened by name and descriptor alone', async () => {
    const { registry, name, image } = await served();
    const open = registry.blobsOf(name);
    expect(await collect(open(image.manifest))).toEqual(image.manifestBytes);
    expect(await collect(open(image.configDescriptor))).toEqual(image.configBytes);
  });

  test('a manifest without a useful content type speaks for itself', async () => {
    const { server, registry, image } = await served();
    server.addManifest('team/app', 'plain', 'application/json; charset=utf-8', image.manifestBytes);
    const found = await registry.resolve(`${server.host}/team/app:plain`, AMD64);
    expect(found.manifest.mediaType).toBe(MEDIA.ociManifest);
  });
});

describe('what a registry says is checked', () => {
  test('a manifest that is not what the digest in its name says', async () => {
    const { server, registry, image } = await served();
    const other = sha256('other');
    server.faults.push(
      (request, response) =>
        request.url?.endsWith(other) === true &&
        reply(response, 200, { 'content-type': MEDIA.ociManifest }, image.manifestBytes),
    );
    await expect(registry.resolve(`${server.host}/team/app@${other}`, AMD64)).rejects.toMatchObject(
      {
        code: 'E_DIGEST_MISMATCH',
        message: `the manifest of ${server.host}/team/app@${other} should have digest ${other}, but has ${image.manifest.digest}`,
      },
    );
  });

  test('a manifest that is not what the registry’s own header says', async () => {
    const { server, registry, name, image } = await served();
    server.faults.push(
      (request, response) =>
        request.url?.includes('manifests') === true &&
        reply(
          response,
          200,
          { 'content-type': MEDIA.ociManifest, 'docker-content-digest': sha256('x') },
          image.manifestBytes,
        ),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_DIGEST_MISMATCH',
    });
  });

  test('a content type that is not the document’s own (CVE-2021-41190)', async () => {
    const { server, registry, image } = await served();
    server.addManifest('team/app', 'liar', MEDIA.ociIndex, image.manifestBytes);
    await expect(registry.resolve(`${server.host}/team/app:liar`, AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_INVALID',
      message: expect.stringContaining('says that it is'),
    });
  });

  test('a blob with other bytes, with fewer, and with more', async () => {
    const { server, registry, name, image } = await served();
    const layer = layerOf(image);
    for (const [bytes, why] of [
      [Buffer.alloc(layer.size), 'its digest is'],
      [Buffer.alloc(layer.size - 1), `it has ${layer.size - 1} bytes, not ${layer.size}`],
      [Buffer.alloc(layer.size + 1), `it has more than ${layer.size} bytes`],
    ] as const) {
      server.faults.splice(
        0,
        1,
        (request, response) =>
          request.url?.endsWith(layer.digest) === true && reply(response, 200, {}, bytes),
      );
      await expect(collect(registry.blobsOf(name)(layer))).rejects.toMatchObject({
        code: 'E_BLOB_CORRUPT',
        message: expect.stringContaining(
          `blob ${layer.digest} of ${server.host}/team/app is damaged: ${why}`,
        ),
      });
    }
  });

  test('a manifest that never ends is cut off', async () => {
    const { server, registry, name } = await served();
    server.faults.push((request, response) => {
      if (request.url?.includes('manifests') !== true) return false;
      response.writeHead(200, { 'content-type': MEDIA.ociManifest });
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
      return true;
    });
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY',
      message: expect.stringMatching(/answers with more than 4194304 bytes$/),
    });
  });
});

describe('networks fail', () => {
  test('a transfer that breaks goes on where it broke, with the same bytes', async () => {
    const { server, registry, name, image } = await served();
    const layer = layerOf(image);
    const bytes = image.blobs.get(layer.digest) ?? Buffer.alloc(0);
    server.faults.push((request, response, seen) => {
      if (!isGet(request, layer.digest) || seen >= 3) return false;
      const from = Number(/[0-9]+/.exec(request.headers.range ?? '0')?.[0]);
      const end = from + 10;
      if (from > 0)
        response.writeHead(206, {
          'content-length': bytes.length - from,
          'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        });
      else response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(from, end), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    expect(await collect(registry.blobsOf(name)(layer))).toEqual(bytes);
    const ranges = server.requests
      .filter(({ path }) => path.endsWith(layer.digest))
      .map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, 'bytes=10-', 'bytes=20-', 'bytes=30-']);
  });

  test('a registry that knows no ranges sends all again, and no byte comes twice', async () => {
    const { server, registry, name, image } = await served();
    const layer = layerOf(image);
    const bytes = image.blobs.get(layer.digest) ?? Buffer.alloc(0);
    server.faults.push((request, response, seen) => {
      if (!isGet(request, layer.digest)) return false;
      if (seen > 0) return reply(response, 200, {}, bytes);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    expect(await collect(registry.blobsOf(name)(layer))).toEqual(bytes);
  });

  test('a range that starts elsewhere is refused', async () => {
    const { server, registry, name, image } = await served();
    const layer = layerOf(image);
    const bytes = image.blobs.get(layer.digest) ?? Buffer.alloc(0);
    server.faults.push((request, response, seen) => {
      if (!isGet(request, layer.digest)) return false;
      if (seen > 0) return reply(response, 206, { 'content-range': 'bytes 0-9/10' }, bytes);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    await expect(collect(registry.blobsOf(name)(layer))).rejects.toMatchObject({
      code: 'E_REGISTRY',
    });
  });

  test('a transfer that breaks again and again without a byte ends', async () => {
    const { server, registry, name, image } = await served();
    const layer = layerOf(image);
    server.faults.push((request, response) => {
      if (!isGet(request, layer.digest)) return false;
      response.writeHead(200, { 'content-length': layer.size });
      response.flushHeaders();
      setTimeout(() => response.destroy(), 5);
      return true;
    });
    await expect(collect(registry.blobsOf(name)(layer))).rejects.toMatchObject({
      code: 'E_REGISTRY_UNREACHABLE',
      message: `${server.host} cannot be reached: it broke the connection`,
    });
    expect(server.requests.filter(({ path }) => path.endsWith(layer.digest))).toHaveLength(5);
  });

  test.each([500, 502, 503, 504, 429, 408])('status %i is asked again', async (status) => {
    const { server, registry, name, image } = await served();
    server.faults.push(
      (request, response, seen) =>
        request.url?.includes('manifests') === true && seen < 2 && reply(response, status),
    );
    expect((await registry.resolve(name, AMD64)).manifest).toEqual(image.manifest);
  });

  test('a broken connection is tried again', async () => {
    const { server, registry, name, image } = await served();
    server.faults.push((request, response, seen) => {
      if (request.url?.includes('manifests') !== true || seen >= 2) return false;
      response.destroy();
      return true;
    });
    expect((await registry.resolve(name, AMD64)).manifest).toEqual(image.manifest);
  });

  test('after five tries it is an error with the registry’s words', async () => {
    const { server, registry, name } = await served();
    server.faults.push(
      (request, response) =>
        request.url?.includes('manifests') === true &&
        replyError(response, 503, 'UNAVAILABLE', 'down for \u001b[31mrepair'),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY',
      message: `http://${server.host}/v2/team/app/manifests/1 answers 503 to the request for ${name}: UNAVAILABLE: down for  [31mrepair`,
    });
    expect(server.requests.filter(({ path }) => path.includes('manifests'))).toHaveLength(5);
  });

  test('Retry-After is honoured', async () => {
    const { server, registry, name } = await served();
    server.faults.push(
      (request, response, seen) =>
        request.url?.includes('manifests') === true &&
        seen === 0 &&
        reply(response, 429, { 'retry-after': '1' }),
    );
    const started = performance.now();
    await registry.resolve(name, AMD64);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  test('a wait that is too long is an error at once, with the time in the hint', async () => {
    const { server, registry, name } = await served();
    server.faults.push((request, response) => {
      if (request.url?.includes('manifests') !== true) return false;
      response.setHeader('retry-after', '3600');
      return replyError(response, 429, 'TOOMANYREQUESTS', 'slow down');
    });
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_RATE_LIMIT',
      message: `${server.host} refuses ${name} for now: TOOMANYREQUESTS: slow down`,
      hint: 'try again in 3600 seconds, or log in for a higher limit',
    });
  });

  test('a registry that is silent is given up', async () => {
    const { server, registry, name } = await served({ timeoutMs: 50 });
    server.faults.push((request) => request.url?.includes('manifests') === true);
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_UNREACHABLE',
      message: `${server.host} cannot be reached: it does not answer in time`,
    });
  });

  test('a host where nothing listens, and one that does not exist, are told apart', async () => {
    const { registry } = await served();
    await expect(registry.resolve('localhost:1/app', AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_UNREACHABLE',
      message: 'localhost:1 cannot be reached: it refuses connections',
    });
    const error = await registry
      .resolve('no-such-host.invalid/app', AMD64)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_REGISTRY_UNREACHABLE' });
    expect(String(error)).toMatch(
      /no-such-host\.invalid cannot be reached: (its name is not known|the name server does not answer)/,
    );
  });

  test('a signal ends a request that waits', async () => {
    const cancel = new AbortController();
    const { server, registry, name } = await served({ signal: cancel.signal });
    await registry.lookUp(name);
    server.faults.push(() => {
      cancel.abort(new Error('stopped by the user'));
      return true;
    });
    await expect(registry.resolve(name, AMD64)).rejects.toThrow('stopped by the user');
  });
});

describe('refusals in words', () => {
  test('a tag that is not there', async () => {
    const { server, registry } = await served();
    const name = `${server.host}/team/app:gone`;
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_NOT_FOUND',
      message: `${server.host} has no ${name}: MANIFEST_UNKNOWN: manifest unknown`,
      hint: 'check the spelling of the name and the tag',
    });
  });

  test('an answer in HTML is not shown; one of megabytes is not read', async () => {
    const { server, registry, name } = await served();
    for (const body of ['<html><body>Login</body></html>', 'x'.repeat(200_000)]) {
      server.faults.splice(
        0,
        1,
        (request, response) =>
          request.url?.includes('manifests') === true && reply(response, 404, {}, body),
      );
      await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
        message: `${server.host} has no ${name}: HTTP status 404`,
      });
    }
  });
});

interface Served {
  server: TestRegistry;
  registry: Registry;
  image: TestImage;
  /** Of the image. */
  name: string;
}

async function served(options: Partial<RegistryOptions> = {}): Promise<Served> {
  const server = await testRegistry();
  const image = await testImage({
    layers: [{ a: 'some text that is long enough to be cut\n'.repeat(3) }],
  });
  server.add('team/app', '1', image);
  const registry = openRegistry({
    credentials: async () => undefined,
    insecure: () => false,
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => registry.close());
  return { server, registry, image, name: `${server.host}/team/app:1` };
}

function layerOf(image: TestImage) {
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('no layer');
  return layer;
}

function isGet(
  request: { method?: string | undefined; url?: string | undefined },
  digest: string,
): boolean {
  return request.method === 'GET' && request.url?.endsWith(digest) === true;
}
