// A tar of blobs and small files, streamed. One pinned form: no owner, no times, fixed modes. Written here and not by
// `tar-stream`, whose streams took longer for a small archive than all the rest of a build in which nothing had changed
// (docs/decisions/0072-start-up-again.md).

import { encodeHeader, MAX_OCTAL_11, splitName } from '../tar/header.ts';
import { padding, TAR_END } from '../tar/padding.ts';
import { paxBlocks } from '../tar/pax-blocks.ts';

export interface Member {
  /** ASCII, as long as ustar has room for. A directory's ends in a slash. */
  readonly name: string;
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A member with these bytes. */
export function textMember(name: string, content: string | Buffer): Member {
  const bytes = Buffer.from(content);
  return { name, size: bytes.byteLength, open: () => [bytes] };
}

/** Pieces that are smaller go out together: each one is a trip to the disk. */
const LARGE = 128 << 10;

/** Yields a tar of the members, in their order. Throws what a member's `open` throws, and nothing of the tar is whole then. */
export async function* packMembers(members: readonly Member[]): AsyncIterable<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces(members)) {
    if (piece.byteLength < LARGE) {
      waiting.push(piece);
      bytes += piece.byteLength;
    }
    if (bytes >= LARGE || (bytes > 0 && piece.byteLength >= LARGE)) {
      yield Buffer.concat(waiting);
      waiting = [];
      bytes = 0;
    }
    if (piece.byteLength >= LARGE) yield piece;
  }
  yield Buffer.concat(waiting);
}

async function* pieces(members: readonly Member[]): AsyncGenerator<Uint8Array> {
  for (const { name, size, open } of members) {
    yield headerOf(name, size);
    let seen = 0;
    for await (const chunk of open()) {
      seen += chunk.byteLength;
      yield chunk;
    }
    if (seen !== size) throw new Error(`${name} has ${seen} bytes, not ${size}`);
    yield padding(size);
  }
  yield TAR_END;
}

function headerOf(name: string, size: number): Buffer {
  const split = splitName(name);
  if (split === undefined) throw new Error(`${name} is too long for a tar`);
  const isFolder = name.endsWith('/');
  const fits = size <= MAX_OCTAL_11;
  const header = {
    mode: isFolder ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: fits ? size : 0,
    mtime: 0,
    type: isFolder ? '5' : '0',
    link: '',
    major: 0,
    minor: 0,
  };
  const block = encodeHeader(header, split);
  if (fits) return block;
  return Buffer.concat([paxBlocks(new Map([['size', Buffer.from(`${size}`)]])), block]);
}
