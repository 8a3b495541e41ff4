// zstd by Node's own decoder, which ends with the first frame that ends within a chunk and drops what follows without
// a word (seen in 22.15 to 24): the rest is given to another one.

import type { Transform } from 'node:stream';
import { damaged } from './compression-error.ts';

/** What `through` gives of the input that the decoder took, as it comes. */
type Through = (input: AsyncIterable<Uint8Array>, decoder: Transform) => AsyncIterable<Uint8Array>;

/** Yields what all frames of `input` unpack to. `create` makes a decoder. Throws what `through` throws, E_LAYER_INVALID. */
export async function* zstdFrames(
  input: AsyncIterable<Uint8Array>,
  create: () => Transform & { readonly bytesWritten: number },
  through: Through,
): AsyncGenerator<Uint8Array> {
  const source = input[Symbol.asyncIterator]();
  /** What was asked of the source and not given to a decoder: one that ends does not lose it. */
  let asked: Promise<IteratorResult<Uint8Array>> | undefined;
  let rest: Uint8Array[] = [];
  let isEnded = false;
  try {
    do {
      const decoder = create();
      const given = new GivenChunks();
      let isOver = false;
      const first = rest;
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        for (const chunk of first) yield given.note(chunk, decoder.bytesWritten);
        while (!isEnded) {
          asked ??= source.next();
          const { done, value } = await asked;
          if (isOver) return;
          asked = undefined;
          if (done === true) isEnded = true;
          else yield given.note(value, decoder.bytesWritten);
        }
      };
      yield* through(chunks(), decoder);
      isOver = true;
      // What it is still given by its own queue makes it fail: nobody listens any more.
      decoder.on('error', () => {}).destroy();
      rest = [...given.behind(decoder.bytesWritten), ...first.slice(given.count)];
      if (decoder.bytesWritten === 0 && rest.length > 0)
        throw damaged('what follows a frame is none');
    } while (rest.length > 0 || !isEnded);
  } finally {
    await source.return?.();
  }
}

/** Chunks that a decoder was given, as long as it has not taken them. */
class GivenChunks {
  readonly #chunks: Uint8Array[] = [];
  /** Where the first of them starts in the input. */
  #start = 0;
  count = 0;

  note(chunk: Uint8Array, taken: number): Uint8Array {
    this.#drop(taken);
    this.#chunks.push(chunk);
    this.count++;
    return chunk;
  }

  /** The bytes that were not taken. */
  behind(taken: number): Uint8Array[] {
    this.#drop(taken);
    return this.#chunks.map((chunk, index) =>
      index === 0 ? chunk.subarray(taken - this.#start) : chunk,
    );
  }

  #drop(taken: number): void {
    for (let [first] = this.#chunks; first !== undefined; [first] = this.#chunks) {
      if (this.#start + first.byteLength > taken) return;
      this.#start += first.byteLength;
      this.#chunks.shift();
    }
  }
}
