// Cuts a layer's tar into blocks that are compressed on their own. Where a block ends depends on what is in
// it and not on how many bytes came before: after a file has changed, the blocks behind it are soon the same
// ones again, and what they were compressed to is still good. The bytes of every layer depend on the rules here.

import { crc32 } from 'node:zlib';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import type { FileOnDisk } from '../layer.ts';

/** Bytes, or a piece of a file that nobody has read yet. */
export type BlockPart =
  | Uint8Array
  | { readonly file: FileOnDisk; readonly offset: number; readonly length: number };

/** A piece of the input that is compressed without a look at what is around it. */
export interface Block {
  readonly parts: readonly BlockPart[];
  /** The same for blocks of the same bytes, as far as the digests of files tell; undefined where one has none. */
  readonly identity: Digest | undefined;
  /** How many entries are before its end, where the entry behind it is what ended it. */
  readonly entries?: number | undefined;
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
/** Headers and small pieces are copied together; a piece from here on is taken as it is. */
const LARGE = 64 * 1024;
const ROOM = 2 * LARGE;
const NOTED_ROOM = 1 << 16;

export class BlockCutter {
  readonly #ready: Block[] = [];
  #parts: BlockPart[] = [];
  /** Where small pieces are copied to; what is before `#start` belongs to a part already. */
  #room = Buffer.allocUnsafe(ROOM);
  #start = 0;
  #end = 0;
  /** Bytes of the block so far. */
  #used = 0;
  /** What the identity is made of. */
  #noted = Buffer.allocUnsafe(NOTED_ROOM);
  #notedLength = 0;
  #identity = startDigest();
  #known = true;
  #entries = 0;
  /** What the identity has still to take in: pieces of one file that follow each other count as one. */
  #piece: { readonly digest: Digest; readonly from: number; to: number } | undefined;

  /** Starts the next entry of `size` bytes with its header. */
  header(header: Buffer, size: number): void {
    if (this.#used > 0 && this.#endsBefore(header, size)) this.#cut(this.#entries);
    this.#entries++;
    this.#copy(header, (part) => {
      this.#notePiece();
      if (part.byteLength > NOTED_ROOM - this.#notedLength) this.#flushNoted();
      if (part.byteLength > NOTED_ROOM) this.#identity.update(part);
      else {
        this.#noted.set(part, this.#notedLength);
        this.#notedLength += part.byteLength;
      }
    });
  }

  /** Adds a piece of the entry's content. */
  content(piece: Uint8Array, { digest, offset }: FilePiece): void {
    let at = offset;
    this.#copy(piece, (part) => {
      this.#noteContent(digest, at, part.byteLength);
      at += part.byteLength;
    });
  }

  /** Adds the whole content of a file that is not read now. */
  file(file: FileOnDisk, size: number, digest: Digest | undefined): void {
    // An empty one too: it must still be what it was.
    for (let offset = 0; offset < size || offset === 0; ) {
      if (this.#used === LARGEST) this.#cut();
      const length = Math.min(size - offset, LARGEST - this.#used);
      this.#endText();
      this.#parts.push({ file, offset, length });
      this.#used += length;
      this.#noteContent(digest, offset, length);
      offset += length;
      if (length === 0) break;
    }
  }

  /** Adds the zeros that fill up an entry or end the archive: their number follows from what is before them. */
  padding(zeros: Uint8Array): void {
    this.#copy(zeros, (part) => {
      this.#notePiece();
      this.#note(`0+${part.byteLength}\n`);
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
      this.#add(part);
      this.#used += part.byteLength;
      at += part.byteLength;
      note(part);
    }
  }

  #add(part: Uint8Array): void {
    if (part.byteLength >= LARGE) {
      this.#endText();
      this.#parts.push(part);
      return;
    }
    if (this.#end + part.byteLength > ROOM) {
      this.#endText();
      this.#room = Buffer.allocUnsafe(ROOM);
      this.#start = 0;
      this.#end = 0;
    }
    this.#room.set(part, this.#end);
    this.#end += part.byteLength;
  }

  /** Makes a part of what was copied since the last one. */
  #endText(): void {
    if (this.#end > this.#start) this.#parts.push(this.#room.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #noteContent(digest: Digest | undefined, from: number, length: number): void {
    if (length === 0) return;
    const to = from + length;
    if (digest === undefined) this.#known = false;
    else if (this.#piece?.digest === digest && this.#piece.to === from) this.#piece.to = to;
    else {
      this.#notePiece();
      this.#piece = { digest, from, to };
    }
  }

  #notePiece(): void {
    if (this.#piece === undefined) return;
    const { digest, from, to } = this.#piece;
    this.#note(`${digest} ${from}-${to}\n`);
    this.#piece = undefined;
  }

  /** ASCII. To collect it is quicker than to hash so little at a time. */
  #note(text: string): void {
    if (text.length > NOTED_ROOM - this.#notedLength) this.#flushNoted();
    this.#notedLength += this.#noted.write(text, this.#notedLength, 'latin1');
  }

  #flushNoted(): void {
    this.#identity.update(this.#noted.subarray(0, this.#notedLength));
    this.#notedLength = 0;
  }

  #cut(entries?: number): void {
    this.#notePiece();
    this.#flushNoted();
    this.#endText();
    this.#ready.push({
      parts: this.#parts,
      identity: this.#known ? finishDigest(this.#identity) : undefined,
      entries,
    });
    this.#parts = [];
    this.#used = 0;
    this.#identity = startDigest();
    this.#known = true;
  }
}

/** The bytes of a block without files. */
export function blockBytes({ parts }: Block): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      throw new Error(`${part.file.path} has not been read`);
    }),
  );
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
