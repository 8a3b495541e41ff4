import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseChallenges } from '../../image/registry/challenge.ts';
import type { Credentials } from '../../image/registry/credentials.ts';
import {
  openRegistry,
  type Registry,
  type RegistryOptions,
} from '../../image/registry/registry.ts';
import { collect, type TestImage, testImage } from '../support/oci.ts';
import { reply, replyError, type TestRegistry, testRegistry } from '../support/registry.ts';
import { requiresPrograms } from '../support/requires.ts';
import { selfSigned } from '../support/self-signed.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ME: Credentials = { kind: 'password', username: 'me', password: 'pass:word' };
const BASIC = `Basic ${Buffer.from('me:pass:word').toString('base64')}`;

describe('logging in', () => {
  test('Basic: once challenged, every request carries the credentials', async () => {
    const { server, registry, name } = await served({ credentials: async () => ME });
    server.faults.push(
      (request, response) =>
        request.headers.authorization !== BASIC &&
        reply(response, 401, { 'www-authenticate': 'Basic realm="x"' }),
    );
    const image = await registry.resolve(name, AMD64);
    for (const layer of image.layers) await collect(image.openBlob(layer));
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      BASIC,
      BASIC,
      BASIC,
    ]);
  });

  test('Bearer: the token is asked for with service, scope and credentials, and then used', async () => {
    const { server, registry, name } = await served({ credentials: async () => ME });
    const tokens = tokenServer(server);
    await registry.resolve(name, AMD64);
    expect(tokens).toEqual([
      {
        method: 'GET',
        query: 'service=reg+istry&scope=repository%3Ateam%2Fapp%3Apull',
        authorization: BASIC,
        body: '',
      },
    ]);
  });

  test('Bearer without credentials: an anonymous token', async () => {
    const { server, registry, name } = await served();
    const tokens = tokenServer(server);
    await registry.resolve(name, AMD64);
    expect(tokens).toMatchObject([{ authorization: undefined }]);
  });

  test('a refresh token is exchanged by POST, never put into an address', async () => {
    const { server, registry, name } = await served({
      credentials: async () => ({ kind: 'token', token: 'r3fr3sh' }),
    });
    const tokens = tokenServer(server, 'access_token');
    await registry.resolve(name, AMD64);
    expect(tokens).toEqual([
      {
        method: 'POST',
        query: '',
        authorization: undefined,
        body: 'grant_type=refresh_token&refresh_token=r3fr3sh&client_id=slipway&service=reg+istry&scope=repository%3Ateam%2Fapp%3Apull',
      },
    ]);
  });

  test('a push asks for push, and for pull where it mounts from', async () => {
    const { server, registry, image } = await served({ blobOrigin: () => `${host}/base:1` });
    const host = server.host;
    const tokens = tokenServer(server);
    await registry.write(image, [`${host}/new:1`]);
    expect(tokens[0]?.query).toBe(
      'service=reg+istry&scope=repository%3Anew%3Apull%2Cpush&scope=repository%3Abase%3Apull',
    );
  });

  test('requests that are refused at once share one token; an expired one is renewed', async () => {
    const { server, registry, name, image } = await served();
    const tokens = tokenServer(server);
    const open = registry.blobsOf(name);
    await Promise.all([...Array(6)].map(() => collect(open(image.configDescriptor))));
    expect(tokens).toHaveLength(1);
    server.faults.unshift(
      (request, response, seen) =>
        request.url?.includes('manifests') === true && seen === 0 && challenge(server, response),
    );
    await registry.resolve(name, AMD64);
    expect(tokens).toHaveLength(2);
  });

  test.each([
    [
      'wrong ones',
      async () => ME,
      'the credentials are wrong, or do not allow this; or there is no such repository',
    ],
    [
      'none',
      async () => undefined,
      expect.stringContaining('log in first (docker login localhost:'),
    ],
  ])('credentials that do not do (%s) are E_REGISTRY_AUTH', async (_, credentials, hint) => {
    const { server, registry, name } = await served({ credentials });
    server.faults.push((_request, response) => {
      response.setHeader('www-authenticate', 'Basic realm="x"');
      return replyError(response, 401, 'UNAUTHORIZED', 'authentication required');
    });
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_AUTH',
      message: `${server.host} refuses access to ${name}: UNAUTHORIZED: authentication required`,
      hint,
    });
  });

  test('a token server’s refusal is E_REGISTRY_AUTH too', async () => {
    const { server, registry, name } = await served({ credentials: async () => ME });
    server.faults.push((request, response) =>
      request.url?.startsWith('/token') === true
        ? reply(response, 400, {}, 'bad user')
        : challengeUnlessBearer(server, request, response),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_AUTH',
      message: `http://${server.host}/token answers 400 to the request for a token: bad user`,
      hint: 'the credentials may be wrong or expired',
    });
  });

  test.each(['not json', '{}', '{"token": 7}', '{"token": "a\\r\\nx-evil: 1"}'])(
    'a token answer like %j is refused',
    async (body) => {
      const { server, registry, name } = await served();
      server.faults.push((request, response) =>
        request.url?.startsWith('/token') === true
          ? reply(response, 200, {}, body)
          : challengeUnlessBearer(server, request, response),
      );
      await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
        code: 'E_REGISTRY_AUTH',
      });
    },
  );
});

describe('credentials stay where they belong', () => {
  test('a redirect to another host goes without them, one to the same host with them', async () => {
    const storage = await testRegistry();
    const { server, registry, name, image } = await served({ credentials: async () => ME });
    storage.add('team/app', '1', image);
    server.faults.push(
      (request, response) =>
        request.headers.authorization === undefined &&
        reply(response, 401, { 'www-authenticate': 'Basic realm="x"' }),
      (request, response) =>
        request.url?.includes('/blobs/') === true &&
        reply(response, 307, { location: `http://${storage.host}${request.url}` }),
      (request, response, seen) =>
        request.url?.includes('/manifests/') === true &&
        seen === 1 &&
        reply(response, 302, { location: request.url }),
    );
    await registry.resolve(name, AMD64);
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(server.requests.at(-2)?.headers.authorization).toBe(BASIC);
  });

  test('a challenge by the host of a redirect is not answered', async () => {
    const thief = await testRegistry();
    thief.faults.push((_request, response) =>
      reply(response, 401, { 'www-authenticate': 'Basic realm="x"' }),
    );
    const { server, registry, name } = await served({ credentials: async () => ME });
    server.faults.push((request, response) =>
      reply(response, 307, { location: `http://${thief.host}${request.url}` }),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({ code: 'E_REGISTRY_AUTH' });
    expect(thief.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('a token server that is reached in plain HTTP gets none', async () => {
    const { server, registry, name } = await served({ credentials: async () => ME });
    for (const realm of ['http://tokens.example.com/', 'ftp://localhost/', 'not a url', '']) {
      server.faults.splice(0, 1, (_request, response) =>
        reply(response, 401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }),
      );
      await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
        code: 'E_REGISTRY_AUTH',
        message: `${server.host} names no token server that is reached over TLS`,
      });
    }
  });

  test('what the registry says back of them is not shown', async () => {
    const { server, registry, name } = await served({ credentials: async () => ME });
    server.faults.push((request, response) => {
      response.setHeader('www-authenticate', 'Basic realm="x"');
      return replyError(response, 401, 'NO', `${request.headers.authorization} is pass:word`);
    });
    const error = await registry.resolve(name, AMD64).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: `${server.host} refuses access to ${name}: NO: Basic *** is ***`,
    });
  });

  test('a redirect to plain HTTP on another host, and redirects without end, are refused', async () => {
    const { server, registry, name } = await served();
    server.faults.push((request, response) =>
      reply(response, 307, { location: request.url ?? '' }),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY',
      message: `http://${server.host}/v2/team/app/manifests/1 redirects more than 5 times`,
    });
    server.faults.splice(0, 1, (_request, response) =>
      reply(response, 307, { location: 'file:///etc/passwd' }),
    );
    await expect(registry.resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_TLS',
      hint: 'plain HTTP is spoken only to this machine, and to registries that were named as insecure',
    });
  });
});

describe('TLS', () => {
  test('a certificate that nobody vouches for is refused; authorities in a folder or a file, or insecure, let it pass', async (context) => {
    requiresPrograms(context, 'openssl');
    const tls = selfSigned();
    const server = await testRegistry(tls);
    const image = await testImage();
    server.add('app', '1', image);
    const name = `${server.host}/app:1`;
    await expect(open({}).resolve(name, AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_TLS',
      message: expect.stringMatching(
        new RegExp(`^the certificate of ${server.host} is not trusted: `),
      ),
      hint: expect.stringContaining(`/etc/docker/certs.d/${server.host}/ca.crt`),
    });
    expect(server.requests).toEqual([]);
    const folder = tmpDir();
    mkdirSync(join(folder, server.host));
    writeFileSync(join(folder, server.host, 'ca.crt'), tls.cert);
    const authorities = [join(folder, 'not-there'), join(folder, server.host, 'ca.crt')];
    for (const trust of [{ certificates: [folder] }, { authorities }, { insecure: () => true }]) {
      expect((await open(trust).resolve(name, AMD64)).manifest).toEqual(image.manifest);
    }
  });

  test('no redirect leads from TLS to plain HTTP', async (context) => {
    requiresPrograms(context, 'openssl');
    const plain = await testRegistry();
    const server = await testRegistry(selfSigned());
    server.faults.push((request, response) =>
      reply(response, 307, { location: `http://${plain.host}${request.url}` }),
    );
    await expect(
      open({ insecure: () => true }).resolve(`${server.host}/app:1`, AMD64),
    ).rejects.toMatchObject({ code: 'E_REGISTRY_TLS' });
    expect(plain.requests).toEqual([]);
  });
});

describe('proxies', () => {
  test('a registry elsewhere is reached through the proxy', async (context) => {
    requiresPrograms(context, 'openssl');
    const server = await testRegistry(selfSigned());
    const image = await testImage();
    server.add('app', '1', image);
    const proxy = await connectProxy(Number(server.host.split(':')[1]));
    const registry = open({ proxy: { https: proxy.url }, insecure: () => true });
    const found = await registry.resolve('registry.invalid/app:1', AMD64);
    expect(found.manifest).toEqual(image.manifest);
    expect(new Set(proxy.targets)).toEqual(new Set(['registry.invalid:443']));
  });

  test('this machine, and hosts that are excepted, are reached without it', async () => {
    const proxy = await connectProxy(1);
    const proxies = { http: proxy.url, https: proxy.url, except: 'registry.invalid' };
    const { registry, name, image } = await served({ proxy: proxies });
    expect((await registry.resolve(name, AMD64)).manifest).toEqual(image.manifest);
    await expect(registry.resolve('registry.invalid/app', AMD64)).rejects.toMatchObject({
      code: 'E_REGISTRY_UNREACHABLE',
    });
    expect(proxy.targets).toEqual([]);
  });
});

test.each([
  ['Basic realm="a b"', [['basic', { realm: 'a b' }]]],
  [
    'Bearer realm="https://x/t",service="s",scope="repository:a:pull,push"',
    [['bearer', { realm: 'https://x/t', service: 's', scope: 'repository:a:pull,push' }]],
  ],
  ['Bearer REALM = token , service=x', [['bearer', { realm: 'token', service: 'x' }]]],
  [
    'Negotiate, Basic realm="q\\"uote"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'q"uote' }],
    ],
  ],
  ['Bearer realm="unclosed', [['bearer', {}]]],
  ['', []],
])('the challenge %j is read', (header, expected) => {
  const read = parseChallenges(header).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ]);
  expect(read).toEqual(expected);
});

interface TokenRequest {
  method: string | undefined;
  query: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** Makes the registry want tokens, which it also gives out at /token; returns the requests for them. */
function tokenServer(server: TestRegistry, member = 'token'): TokenRequest[] {
  const requests: TokenRequest[] = [];
  server.faults.push((request, response) => {
    if (request.url?.startsWith('/token') !== true)
      return challengeUnlessBearer(server, request, response);
    void collect(request).then((body) => {
      requests.push({
        method: request.method,
        query: request.url?.split('?')[1] ?? '',
        authorization: request.headers.authorization,
        body: body.toString(),
      });
      reply(response, 200, {}, JSON.stringify({ [member]: `t0k3n${requests.length}` }));
    });
    return true;
  });
  return requests;
}

function challengeUnlessBearer(
  server: TestRegistry,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  return (
    request.headers.authorization?.startsWith('Bearer t0k3n') !== true &&
    challenge(server, response)
  );
}

function challenge(server: TestRegistry, response: ServerResponse): true {
  const header = `Bearer realm="http://${server.host}/token",service="reg istry"`;
  return reply(response, 401, { 'www-authenticate': header });
}

/** A proxy that leads every tunnel to one port of this machine. */
async function connectProxy(port: number): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = [];
  const server = createServer().on('connect', (request, socket) => {
    targets.push(request.url ?? '');
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => socket.destroy());
    onTestFinished(() => void upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, targets };
}

function open(options: Partial<RegistryOptions>): Registry {
  const registry = openRegistry({
    credentials: async () => undefined,
    insecure: () => false,
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => registry.close());
  return registry;
}

async function served(
  options: Partial<RegistryOptions> = {},
): Promise<{ server: TestRegistry; registry: Registry; image: TestImage; name: string }> {
  const server = await testRegistry();
  const image = await testImage();
  server.add('team/app', '1', image);
  return { server, registry: open(options), image, name: `${server.host}/team/app:1` };
}
