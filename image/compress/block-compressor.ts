// What all compressors of layers have in common: blocks of the input are compressed on their own, on all cores,
// and the pieces, joined, are one stream. So the bytes do not depend on cores, and a piece that is known from
// another layer can be taken as it is.

export interface BlockCompressor {
  /** Part of every key under which output is kept: two of the same name give the same bytes. */
  readonly name: string;
  readonly mediaType: string;
  readonly header: Uint8Array;
  compress(block: Uint8Array): Promise<Uint8Array>;
  /** What ends the stream. */
  trailer(input: { readonly crc: number; readonly size: number }): Uint8Array;
}
