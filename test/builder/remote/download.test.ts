import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { download } from '../../../builder/remote/http/download.ts';
import type { Download } from '../../../builder/remote/http/download-table.ts';
import { openHttpClient } from '../../../builder/remote/http/http-client.ts';
import { diskBlobs } from '../../../cache/blobs.ts';
import { type Digest, sha256 } from '../../../core/digest.ts';
import { httpServer, serveFile } from '../../support/http-server.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { tmpDir } from '../../support/tmp.ts';

const TEXT = Buffer.from('what is served\n');
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';

/** A store, and a client that is quick to try again. */
function machine(
  options: {
    readonly token?: string;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly authorities?: readonly string[];
  } = {},
) {
  const root = tmpDir();
  const blobs = diskBlobs(root, `${root}/tmp`);
  const client = openHttpClient({
    insecure: () => false,
    signal: options.signal ?? new AbortController().signal,
    retryDelayMs: 1,
    authorities: options.authorities ?? [],
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  onTestFinished(() => client.close());
  const authorization = async (): Promise<string | undefined> =>
    options.token === undefined ? undefined : `Bearer ${options.token}`;
  const inputs = { client, blobs, table: memoryTable(), authorization };
  return {
    blobs,
    fetch: (url: string, checksum?: Digest): Promise<Download> =>
      download(inputs, new URL(url), checksum),
    async content({ digest, size }: Download): Promise<Buffer> {
      return blobs.read(digest, size);
    },
    async stored(): Promise<number> {
      let count = 0;
      for await (const _ of blobs.list()) count++;
      return count;
    },
  };
}

describe('a file that is fetched', () => {
  test('is in the store under its digest, with what the server said of it', async () => {
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: TEXT, etag: '"1"', lastModified: DATE }),
    );
    const { fetch, content } = machine();
    const found = await fetch(`${server.url}/a`);
    expect(found).toMatchObject({
      digest: sha256(TEXT),
      size: 15,
      etag: '"1"',
      lastModified: DATE,
    });
    expect(await content(found)).toEqual(TEXT);
    expect(server.seen[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  test('is asked for by its ETag the next time, and not sent again', async () => {
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: TEXT, etag: '"1"', lastModified: DATE }),
    );
    const { fetch } = machine();
    const first = await fetch(server.url);
    const second = await fetch(server.url);
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
    expect({ ...second, used: 0 }).toEqual({ ...first, used: 0 });
  });

  test('is asked for by its time where it has no ETag', async () => {
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: TEXT, lastModified: DATE }),
    );
    const { fetch } = machine();
    await fetch(server.url);
    await fetch(server.url);
    expect(server.seen[1]?.headers['if-modified-since']).toBe(DATE);
  });

  test('is taken for the same where the server sends all of it with the ETag that was asked about', async () => {
    const server = await httpServer((_, response, before) => {
      response.setHeader('etag', before === 0 ? '"1"' : 'W/"1"');
      response.end(before === 0 ? TEXT : randomBytes(1 << 20));
    });
    const { fetch } = machine();
    const first = await fetch(server.url);
    expect((await fetch(server.url)).digest).toBe(first.digest);
  });

  test('is fetched again where its ETag is another, or its blob was pruned', async () => {
    let version = 1;
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: Buffer.from(`${version}`), etag: `"${version}"` }),
    );
    const { fetch, blobs } = machine();
    const first = await fetch(server.url);
    version = 2;
    const second = await fetch(server.url);
    expect(second.digest).toBe(sha256('2'));
    await blobs.delete(second.digest);
    await fetch(server.url);
    expect(server.seen.at(-1)?.headers['if-none-match']).toBeUndefined();
    expect(first.digest).toBe(sha256('1'));
  });

  test('is decoded where the server codes it without being asked, as the reference does', async () => {
    const server = await httpServer((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(TEXT));
    });
    expect((await machine().fetch(server.url)).digest).toBe(sha256(TEXT));
  });

  test('is refused where it is coded in a way that is not known', async () => {
    const server = await httpServer((_, response) => {
      response.setHeader('content-encoding', 'br');
      response.end(TEXT);
    });
    await expect(machine().fetch(server.url)).rejects.toMatchObject({
      code: 'E_FETCH',
      message: `${server.url}/ cannot be fetched: it is sent with the coding br, which was not asked for`,
    });
  });
});

describe('a server in trouble', () => {
  test('is asked again', async () => {
    const server = await httpServer((_, response, before) => {
      if (before < 3) response.writeHead([500, 503, 429][before] ?? 500).end();
      else response.end(TEXT);
    });
    expect((await machine().fetch(server.url)).digest).toBe(sha256(TEXT));
    expect(server.seen).toHaveLength(4);
  });

  test('that stays in trouble is told with its status', async () => {
    const server = await httpServer((_, response) => void response.writeHead(502).end());
    await expect(machine().fetch(`${server.url}/a?sig=secret`)).rejects.toMatchObject({
      code: 'E_FETCH',
      message: `${server.url}/a cannot be fetched: it answers 502 Bad Gateway`,
    });
    expect(server.seen).toHaveLength(5);
  });

  test('that has no such file is asked once', async () => {
    const server = await httpServer((_, response) => void response.writeHead(404).end());
    await expect(machine().fetch(server.url)).rejects.toMatchObject({
      message: `${server.url}/ cannot be fetched: it answers 404 Not Found`,
    });
    expect(server.seen).toHaveLength(1);
  });

  test('that breaks off sends only the rest, where its ETag is strong', async () => {
    const bytes = randomBytes(300_000);
    const server = await httpServer((request, response, before) => {
      if (before > 1) return serveFile(request, response, { bytes, etag: '"1"' });
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.setHeader('etag', '"1"');
      response.setHeader('content-length', bytes.length - from);
      if (from > 0) response.setHeader('content-range', `bytes ${from}-299999/300000`);
      response.writeHead(from > 0 ? 206 : 200);
      response.write(bytes.subarray(from, from + 100_000));
      setTimeout(() => response.destroy(), 100);
    });
    expect((await machine().fetch(server.url)).digest).toBe(sha256(bytes));
    expect(server.seen[1]?.headers).toMatchObject({ 'if-range': '"1"' });
    expect(server.seen.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test.each([
    ['has no ETag', undefined],
    ['has a weak ETag', 'W/"1"'],
  ])('that breaks off is asked for all of it again where it %s', async (_, etag) => {
    const server = await httpServer((request, response, before) => {
      if (before > 0) return serveFile(request, response, { bytes: TEXT, ...(etag && { etag }) });
      if (etag !== undefined) response.setHeader('etag', etag);
      response.setHeader('content-length', TEXT.length);
      response.write(TEXT.subarray(0, 4), () => response.destroy());
    });
    const { fetch, stored } = machine();
    expect((await fetch(server.url)).digest).toBe(sha256(TEXT));
    expect(server.seen.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    expect(await stored()).toBe(1);
  });

  test('never mends one version of a file with the rest of another', async () => {
    const [before, after] = [randomBytes(1000), randomBytes(1000)];
    const server = await httpServer((request, response, seen) => {
      if (seen > 0) return serveFile(request, response, { bytes: after, etag: '"2"' });
      response.setHeader('etag', '"1"');
      response.setHeader('content-length', 1000);
      response.write(before.subarray(0, 500), () => response.destroy());
    });
    expect((await machine().fetch(server.url)).digest).toBe(sha256(after));
  });

  test('that promises more than it sends is given up in the end, and nothing is kept', async () => {
    const server = await httpServer((_, response) => {
      response.setHeader('content-length', 1000);
      response.write(TEXT, () => response.destroy());
    });
    const { fetch, stored } = machine();
    await expect(fetch(server.url)).rejects.toMatchObject({
      code: 'E_FETCH',
      message: `${server.url}/ cannot be fetched: its host breaks the connection again and again`,
    });
    expect(await stored()).toBe(0);
  });

  test('that says nothing is not waited for without end', async () => {
    const server = await httpServer(() => {});
    await expect(machine({ timeoutMs: 300 }).fetch(server.url)).rejects.toMatchObject({
      code: 'E_FETCH',
      message: `${server.url}/ cannot be fetched: its host does not answer in time`,
    });
  });

  test('that is not there is an error, also where the file was fetched before', async () => {
    const { fetch } = machine();
    let port = 0;
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: TEXT, etag: '"1"' }),
    );
    port = server.port;
    await fetch(server.url);
    expect(port).toBeGreaterThan(0);
    await expect(fetch('http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'E_FETCH',
      message: 'http://127.0.0.1:1/ cannot be fetched: its host refuses connections',
    });
  });

  test.each(['HTTP/1.1 200 OK\r\nx: \x1b[31m\r\ncontent-length: 0\r\n\r\n', 'SSH-2.0-OpenSSH\r\n'])(
    'that answers %j is an error of the server',
    async (answer) => {
      const server = createServer((socket) => socket.end(answer));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await expect(machine().fetch(`http://127.0.0.1:${port}/x`)).rejects.toMatchObject({
        code: 'E_FETCH',
        message: `http://127.0.0.1:${port}/x cannot be fetched: what its host answers is no HTTP`,
      });
    },
  );

  test('lets go at once when the build is stopped', async () => {
    const stop = new AbortController();
    const server = await httpServer((_, response) => {
      response.write('a');
      setTimeout(() => stop.abort(), 50);
    });
    const { fetch, stored } = machine({ signal: stop.signal });
    await expect(fetch(server.url)).rejects.toThrow();
    expect(await stored()).toBe(0);
  });
});

describe('redirects', () => {
  test('are followed, and no more than ten', async () => {
    const server = await httpServer((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end(TEXT);
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const { fetch } = machine();
    expect((await fetch(`${server.url}/10`)).digest).toBe(sha256(TEXT));
    await expect(fetch(`${server.url}/11`)).rejects.toMatchObject({
      message: `${server.url}/11 cannot be fetched: it redirects more than 10 times`,
    });
  });

  test('keep the secret of a host from any other', async () => {
    const other = await httpServer((_, response) => void response.end(TEXT));
    const first = await httpServer((request, response) => {
      const location = request.url === '/' ? '/again' : `http://localhost:${other.port}/x`;
      response.writeHead(307, { location }).end();
    });
    await machine({ token: 'sesame' }).fetch(first.url);
    expect(first.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sesame',
      'Bearer sesame',
    ]);
    expect(other.seen[0]?.headers.authorization).toBeUndefined();
  });

  test.each(['file:///etc/passwd', 'javascript:1', 'http://['])(
    'never lead to %s',
    async (location) => {
      const server = await httpServer(
        (_, response) => void response.writeHead(302, { location }).end(),
      );
      await expect(machine().fetch(server.url)).rejects.toMatchObject({
        message: `${server.url}/ cannot be fetched: it redirects to what is no http address`,
      });
    },
  );
});

describe('TLS', () => {
  test('a certificate must be vouched for, by the system or a file of the person who builds', async (context) => {
    requiresPrograms(context, 'openssl');
    const tls = selfSigned();
    const server = await httpServer((_, response) => void response.end(TEXT), tls);
    await expect(machine().fetch(server.url)).rejects.toMatchObject({
      code: 'E_FETCH',
      hint: 'name the file of an authority that signed its certificate in NODE_EXTRA_CA_CERTS',
    });
    const file = join(tmpDir(), 'ca.pem');
    writeFileSync(file, tls.cert);
    const { fetch } = machine({ authorities: [file] });
    expect((await fetch(server.url)).digest).toBe(sha256(TEXT));
  });

  test('no redirect leads out of it', async (context) => {
    requiresPrograms(context, 'openssl');
    const tls = selfSigned();
    const plain = await httpServer((_, response) => void response.end(TEXT));
    const server = await httpServer((_, response) => {
      response.writeHead(302, { location: `${plain.url}/x` }).end();
    }, tls);
    const file = join(tmpDir(), 'ca.pem');
    writeFileSync(file, tls.cert);
    await expect(machine({ authorities: [file] }).fetch(server.url)).rejects.toMatchObject({
      code: 'E_FETCH',
      message: `${server.url}/ cannot be fetched: it redirects from https to ${plain.url}/x, which anybody on the way could change`,
      hint: 'give that address itself, with --checksum, if it is meant',
    });
    expect(plain.seen).toEqual([]);
  });
});

describe('a checksum', () => {
  test('that is right changes nothing', async () => {
    const server = await httpServer((_, response) => void response.end(TEXT));
    expect((await machine().fetch(server.url, sha256(TEXT))).digest).toBe(sha256(TEXT));
  });

  test('that is not is an error which shows both, and nothing is kept', async () => {
    const server = await httpServer((_, response) => void response.end(TEXT));
    const { fetch, stored } = machine();
    await expect(fetch(server.url, sha256('other'))).rejects.toMatchObject({
      code: 'E_REMOTE_CHECKSUM',
      message: `${server.url}/ has the digest ${sha256(TEXT)}, not ${sha256('other')}`,
    });
    expect(await stored()).toBe(0);
  });

  test('of what the address gave before needs no server', async () => {
    const server = await httpServer((_, response) => void response.end(TEXT));
    const { fetch } = machine();
    await fetch(server.url);
    await fetch(server.url, sha256(TEXT));
    expect(server.seen).toHaveLength(1);
  });

  test('is held against what the server says is unchanged, too', async () => {
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes: TEXT, etag: '"1"' }),
    );
    const { fetch } = machine();
    await fetch(server.url);
    await expect(fetch(server.url, sha256('other'))).rejects.toMatchObject({
      code: 'E_REMOTE_CHECKSUM',
    });
  });
});

test('a user and password in an address are sent, and shown in no error', async () => {
  const server = await httpServer((_, response) => void response.writeHead(403).end());
  const url = `http://me:sesame@127.0.0.1:${server.port}/a`;
  const error = await machine()
    .fetch(url)
    .catch((reason: unknown) => reason);
  expect(server.seen[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from('me:sesame').toString('base64')}`,
  );
  expect(JSON.stringify([error, String(error)])).not.toContain('sesame');
  expect(error).toMatchObject({
    hint: 'log in with a secret: --secret id=HTTP_AUTH_TOKEN_127.0.0.1,src=FILE',
  });
});
