// Standard input as `slipway build -` takes it, and what an address gives: a tar of the context, or else a
// Dockerfile.

import { BuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';
import type { SourceText } from '../../core/source.ts';

/** More than any Dockerfile needs. */
const MAX_DOCKERFILE_BYTES = 4 << 20;

/** A tar says what it is in its first block. */
const TAR_BLOCK = 512;

/** The first bytes of a compressed tar. */
const COMPRESSED = [
  [0x1f, 0x8b], // gzip
  [0x28, 0xb5, 0x2f, 0xfd], // zstd
  [0x42, 0x5a, 0x68], // bzip2
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], // xz
] as const;

export type StdinInput =
  | { readonly kind: 'tar'; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'dockerfile'; readonly source: SourceText };

/** Where the bytes come from: the name of the text, and how a message calls it. */
export interface InputPlace {
  readonly name: string;
  readonly words: string;
}

const STDIN: InputPlace = { name: '<stdin>', words: 'on standard input' };

/** Returns the whole of `chunks` as a Dockerfile. Throws E_DOCKERFILE_NOT_FOUND where it is larger than 4 MiB. */
export async function readDockerfile(
  chunks: AsyncIterable<Uint8Array>,
  { name, words } = STDIN,
): Promise<SourceText> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > MAX_DOCKERFILE_BYTES) {
      throw new BuildError(
        'E_DOCKERFILE_NOT_FOUND',
        `the Dockerfile ${words} is larger than 4 MiB`,
        { hint: `a context ${words} is a tar` },
      );
    }
  }
  return { name, text: nameFromBytes(Buffer.concat(parts)) };
}

/** Tells by its first bytes whether `input` is a tar, plain or compressed; reads it whole where it is not. */
export async function readStdin(
  input: AsyncIterable<Uint8Array>,
  place = STDIN,
): Promise<StdinInput> {
  const iterator = input[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let ended = false;
  while (head.length < TAR_BLOCK && !ended) {
    const next = await iterator.next();
    if (next.done === true) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  const chunks = resume(head, ended ? undefined : iterator);
  if (isTar(head)) return { kind: 'tar', chunks };
  return { kind: 'dockerfile', source: await readDockerfile(chunks, place) };
}

async function* resume(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  yield head;
  if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest };
}

function isTar(head: Buffer): boolean {
  if (head.toString('latin1', 257, 262) === 'ustar') return true;
  if (COMPRESSED.some((magic) => magic.every((byte, at) => head[at] === byte))) return true;
  // A tar without files is nothing but zeros.
  return head.length >= TAR_BLOCK && head.every((byte) => byte === 0);
}
