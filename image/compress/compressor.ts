// How a layer's tar becomes its blob. What all ways have in common: blocks of the input are compressed on their own,
// on all cores, and the pieces, joined, are one stream. So the bytes do not depend on cores, and a piece that
// is known from another layer can be taken as it is.

interface Named {
  /** Part of every key under which output is kept: two of the same name give the same bytes. */
  readonly name: string;
  readonly mediaType: string;
}

/** Done by the runner, which reads the layer's files itself where it can: gzip, or nothing at all. */
export interface RunnerCompressor extends Named {
  readonly by: 'runner';
  /** Undefined leaves the tar as it is. */
  readonly gzipLevel: number | undefined;
}

/** Done in this process, by what Node has: zstd. */
export interface NodeCompressor extends Named {
  readonly by: 'node';
  compress(block: Uint8Array): Promise<Uint8Array>;
}

export type Compressor = RunnerCompressor | NodeCompressor;
