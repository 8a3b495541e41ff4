// Cuts a layer's tar into blocks that are compressed on their own. Where a block ends depends on what is in
// it and not on how many bytes came before: after a file has changed, the blocks behind it are soon the same
// ones again, and what they were compressed to is still good. The bytes of every layer depend on the rules here.

import { crc32 } from 'node:zlib';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';

/** A piece of the input that is compressed without a look at what is around it. */
export interface Block {
  readonly bytes: Buffer;
  /** The same for blocks of the same bytes, as far as the digests of files tell; undefined where one has none. */
  readonly identity: Digest | undefined;
}

/** What a piece comes from: given only where the digest of the file says what its bytes are. */
export interface FilePiece {
  readonly digest: Digest | undefined;
  /** Of the piece in its file. */
  readonly offset: number;
}

const LARGEST = 1024 * 1024;
/** A block is not ended before it has so many bytes, but for a large file. */
const SMALLEST = 256 * 1024;
/** How many bytes come on average between the smallest size and the end. */
const MEAN = 256 * 1024;

export class BlockCutter {
  readonly #ready: Block[] = [];
  #buffer = Buffer.allocUnsafe(LARGEST);
  #used = 0;
  #identity = startDigest();
  #known = true;
  /** What the identity has still to take in: pieces of one file that follow each other count as one. */
  #piece: { readonly digest: Digest; readonly from: number; to: number } | undefined;

  /** Starts the next entry of `size` bytes with its header. */
  header(header: Buffer, size: number): void {
    if (this.#used > 0 && this.#endsBefore(header, size)) this.#cut();
    this.#copy(header, (part) => {
      this.#notePiece();
      this.#identity.update(part);
    });
  }

  /** Adds a piece of the entry's content. */
  content(piece: Uint8Array, { digest, offset }: FilePiece): void {
    let at = offset;
    this.#copy(piece, (part) => {
      const from = at;
      at += part.byteLength;
      if (digest === undefined) this.#known = false;
      else if (this.#piece?.digest === digest && this.#piece.to === from) this.#piece.to = at;
      else {
        this.#notePiece();
        this.#piece = { digest, from, to: at };
      }
    });
  }

  /** Adds the zeros that fill up an entry or end the archive: their number follows from what is before them. */
  padding(zeros: Uint8Array): void {
    this.#copy(zeros, (part) => {
      this.#notePiece();
      this.#identity.update(`0+${part.byteLength}\n`);
    });
  }

  /** Takes the blocks that are whole. */
  take(): Block[] {
    return this.#ready.splice(0);
  }

  /** Ends the last block. */
  end(): void {
    if (this.#used > 0) this.#cut();
  }

  /** The larger an entry, the likelier: its own header alone decides, so that it decides the same again. */
  #endsBefore(header: Buffer, size: number): boolean {
    const bytes = header.byteLength + size;
    if (bytes >= MEAN) return true;
    return this.#used >= SMALLEST && crc32(header) < (bytes / MEAN) * 2 ** 32;
  }

  #copy(piece: Uint8Array, note: (part: Uint8Array) => void): void {
    for (let at = 0; at < piece.byteLength; ) {
      if (this.#used === LARGEST) this.#cut();
      const part = piece.subarray(at, at + LARGEST - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.byteLength;
      at += part.byteLength;
      note(part);
    }
  }

  #notePiece(): void {
    if (this.#piece === undefined) return;
    const { digest, from, to } = this.#piece;
    this.#identity.update(`${digest} ${from}-${to}\n`);
    this.#piece = undefined;
  }

  #cut(): void {
    this.#notePiece();
    this.#ready.push({
      bytes: this.#buffer.subarray(0, this.#used),
      identity: this.#known ? finishDigest(this.#identity) : undefined,
    });
    this.#buffer = Buffer.allocUnsafe(LARGEST);
    this.#used = 0;
    this.#identity = startDigest();
    this.#known = true;
  }
}

/** Cuts bytes that nothing is known of into blocks. */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  const cutter = new BlockCutter();
  for await (const chunk of chunks) {
    cutter.content(chunk, { digest: undefined, offset: 0 });
    yield* cutter.take();
  }
  cutter.end();
  yield* cutter.take();
}
