// The bytes of one answer, whole: a transfer that breaks goes on where it broke, where the server says by
// a strong ETag that the rest is of the same file; else it has to begin again. Never held in memory.

import { setTimeout as sleep } from 'node:timers/promises';
import { isTemporary } from '../../../image/registry/retry.ts';
import {
  failed,
  fetchError,
  type HttpAnswer,
  type HttpClient,
  type HttpGet,
} from './http-client.ts';

/** Breaks in a row without a byte in between. */
const MAX_BREAKS = 5;
const PAUSE_MS = 200;

/** Thrown by a transfer that broke and cannot go on: what came so far is of no use. */
export class StartOver extends Error {}

/** Yields the body of `answer`, the answer to `request`. Throws E_FETCH, StartOver. */
export async function* transfer(
  client: HttpClient,
  request: HttpGet,
  answer: HttpAnswer,
): AsyncGenerator<Uint8Array> {
  const etag = answer.header('etag');
  let current = answer;
  let received = 0;
  for (let breaks = 0; ; ) {
    try {
      for await (const chunk of current.body) {
        received += chunk.byteLength;
        breaks = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (!isTemporary(error)) throw fetchError(error, request.url);
      if (++breaks > MAX_BREAKS) throw fetchError(error, request.url);
    }
    await sleep(PAUSE_MS * breaks);
    current = await rest(client, request, etag, received);
  }
}

async function rest(
  client: HttpClient,
  request: HttpGet,
  etag: string | undefined,
  from: number,
): Promise<HttpAnswer> {
  if (etag?.startsWith('"') !== true) throw new StartOver();
  const headers = { ...request.headers, range: `bytes=${from}-`, 'if-range': etag };
  const answer = await client.get({ ...request, headers });
  if (answer.status === 206 && answer.header('etag') === etag) {
    const range = answer.header('content-range') ?? '';
    if (range.startsWith(`bytes ${from}-`)) return answer;
    await answer.discard();
    throw failed(request.url, `asked for what follows byte ${from}, it sends ${range}`);
  }
  await answer.discard();
  throw new StartOver();
}
