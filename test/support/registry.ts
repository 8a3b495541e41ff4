// An in-process registry that speaks the distribution API, with switches for what can go wrong.
// Blobs and manifests are kept in memory; it checks digests on upload, as a real one does.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Digest, sha256 } from '../../core/digest.ts';
import { collect, type TestImage } from './oci.ts';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Handles a request instead of the registry where it returns true. */
export type Fault = (request: IncomingMessage, response: ServerResponse, seen: number) => boolean;

export interface TestRegistry {
  /** `localhost:<port>` */
  readonly host: string;
  readonly requests: SeenRequest[];
  /** `METHOD path`, without queries, for comparing whole conversations. */
  log(): string[];
  /** Tried in order before each request is handled; `seen` counts the requests with this method and path before it. */
  readonly faults: Fault[];
  /** Puts an image under a tag of a repository. */
  add(repository: string, tag: string, image: TestImage): void;
  addManifest(repository: string, tag: string, mediaType: string, bytes: Buffer): void;
  blob(repository: string, digest: Digest): Buffer | undefined;
  manifest(repository: string, reference: string): Buffer | undefined;
}

interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Starts a registry that ends with the test; with `tls`, over TLS. */
export async function testRegistry(tls?: { key: string; cert: string }): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, StoredManifest>();
  const requests: SeenRequest[] = [];
  const faults: Fault[] = [];
  const counts = new Map<string, number>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const line = `${method} ${url.split('?')[0]}`;
    const seen = counts.get(line) ?? 0;
    counts.set(line, seen + 1);
    requests.push({ method, path: url, headers });
    if (faults.some((fault) => fault(request, response, seen))) return;
    await serve(request, response, blobs, manifests);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  const addManifest: TestRegistry['addManifest'] = (repository, tag, mediaType, bytes) => {
    for (const reference of [tag, sha256(bytes)]) {
      manifests.set(`${repository}/${reference}`, { mediaType, bytes });
    }
  };
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    addManifest,
    log: () => requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    add(repository, tag, image) {
      for (const [digest, bytes] of image.blobs) blobs.set(`${repository}/${digest}`, bytes);
      addManifest(repository, tag, image.manifest.mediaType, image.manifestBytes);
    },
    blob: (repository, digest) => blobs.get(`${repository}/${digest}`),
    manifest: (repository, reference) => manifests.get(`${repository}/${reference}`)?.bytes,
  };
}

/** Answers with a body in one piece. */
export function reply(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): true {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  return true;
}

/** An error as the distribution API has it. */
export function replyError(
  response: ServerResponse,
  status: number,
  code: string,
  message = '',
): true {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return reply(response, status, { 'content-type': 'application/json' }, body);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  blobs: Map<string, Buffer>,
  manifests: Map<string, StoredManifest>,
): Promise<true> {
  const { method = '' } = request;
  const url = new URL(request.url ?? '', 'http://registry');
  const body = await collect(request);
  if (url.pathname === '/v2/') return reply(response, 200);
  const [, repository = '', kind, rest = ''] =
    /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(url.pathname) ?? [];
  const digest = url.searchParams.get('digest') ?? '';
  if (kind === 'blobs/uploads' && method === 'POST') {
    const mounted = blobs.get(`${url.searchParams.get('from')}/${url.searchParams.get('mount')}`);
    if (mounted === undefined) {
      return reply(response, 202, { location: `/v2/${repository}/blobs/uploads/1?state=a%2Fb` });
    }
    blobs.set(`${repository}/${url.searchParams.get('mount')}`, mounted);
    return reply(response, 201);
  }
  if (kind === 'blobs/uploads' && method === 'PUT') {
    if (url.searchParams.get('state') !== 'a/b')
      return replyError(response, 400, 'BLOB_UPLOAD_INVALID');
    if (sha256(body) !== digest) return replyError(response, 400, 'DIGEST_INVALID');
    blobs.set(`${repository}/${digest}`, body);
    return reply(response, 201);
  }
  if (kind === 'manifests' && method === 'PUT') {
    const mediaType = request.headers['content-type'] ?? '';
    for (const reference of [rest, sha256(body)]) {
      manifests.set(`${repository}/${reference}`, { mediaType, bytes: body });
    }
    return reply(response, 201, { 'docker-content-digest': sha256(body) });
  }
  if (kind === 'manifests')
    return serveManifest(response, method, manifests.get(`${repository}/${rest}`));
  return serveBlob(request, response, blobs.get(`${repository}/${rest}`));
}

function serveManifest(
  response: ServerResponse,
  method: string,
  manifest: StoredManifest | undefined,
): true {
  if (manifest === undefined)
    return replyError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const { bytes, mediaType } = manifest;
  const headers = {
    'content-type': mediaType,
    'docker-content-digest': sha256(bytes),
    'content-length': String(bytes.byteLength),
  };
  return reply(response, 200, headers, method === 'HEAD' ? '' : bytes);
}

function serveBlob(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer | undefined,
): true {
  if (bytes === undefined) return replyError(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
  if (request.method === 'HEAD') {
    return reply(response, 200, { 'content-length': String(bytes.byteLength) });
  }
  const from = /^bytes=([0-9]+)-$/.exec(request.headers.range ?? '')?.[1];
  if (from === undefined) return reply(response, 200, {}, bytes);
  const range = `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}`;
  return reply(response, 206, { 'content-range': range }, bytes.subarray(Number(from)));
}
