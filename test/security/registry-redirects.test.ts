// A registry that redirects to another host: that host gets no credentials, neither with the redirect nor by asking
// for them itself (its challenge may name any token server).

import { expect, onTestFinished, test } from 'vitest';
import { openRegistry } from '../../image/registry/registry.ts';
import { collect, testImage } from '../support/oci.ts';
import { reply, testRegistry } from '../support/registry.ts';

test.each(['Bearer realm="http://HOST/token",service="x"', 'Basic realm="x"'])(
  'the challenge of a redirect target is not answered: %s',
  async (challenge) => {
    const [server, other, image] = [await testRegistry(), await testRegistry(), await testImage()];
    server.add('app', '1', image);
    server.faults.push(
      ({ url = '' }, response) =>
        url.includes('/blobs/') &&
        reply(response, 307, { location: `http://${other.host}/stolen` }),
    );
    const header = challenge.replace('HOST', other.host);
    other.faults.push((_, response) => reply(response, 401, { 'www-authenticate': header }));
    const registry = openRegistry({
      credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }),
      insecure: () => false,
      retryDelayMs: 1,
    });
    onTestFinished(() => registry.close());
    const fetched = registry
      .resolve(`${server.host}/app:1`, { os: 'linux', architecture: 'amd64' })
      .then(async ({ layers, openBlob }) => {
        for (const layer of layers) await collect(openBlob(layer));
      });
    await expect(fetched).rejects.toThrowError(
      expect.objectContaining({ code: 'E_REGISTRY_AUTH' }),
    );
    expect(new Set(other.log())).toEqual(new Set(['GET /stolen']));
    const sent = [...server.requests, ...other.requests].map(
      ({ headers }) => headers.authorization,
    );
    expect(new Set(sent)).toEqual(new Set([undefined]));
  },
);
