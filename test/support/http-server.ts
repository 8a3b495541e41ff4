// A real http server on loopback for what is fetched: each test says how it answers.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SeenGet {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>` */
  readonly url: string;
  readonly seen: SeenGet[];
}

/** Starts a server that ends with the test; with `tls`, over TLS. `answer` gets how many requests came before. */
export async function httpServer(
  answer: (request: IncomingMessage, response: ServerResponse, before: number) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<TestServer> {
  const seen: SeenGet[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push({ path: request.url ?? '', headers: request.headers });
    answer(request, response, seen.length - 1);
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const url = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  return { port, url, seen };
}

/** Answers as a server of files does: ETag, Last-Modified, 304, and parts. */
export function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: { readonly bytes: Buffer; readonly etag?: string; readonly lastModified?: string },
): void {
  const { bytes, etag, lastModified } = file;
  if (etag !== undefined) response.setHeader('etag', etag);
  if (lastModified !== undefined) response.setHeader('last-modified', lastModified);
  const { range, 'if-none-match': known, 'if-modified-since': since } = request.headers;
  const unchanged =
    known === undefined ? since !== undefined && since === lastModified : known === etag;
  if (unchanged) {
    response.writeHead(304).end();
    return;
  }
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  if (from !== undefined && request.headers['if-range'] === etag) {
    const start = Number(from);
    response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(206).end(bytes.subarray(start));
    return;
  }
  response.setHeader('content-length', bytes.length);
  response.end(bytes);
}
