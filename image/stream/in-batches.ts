// A long list in pieces that fit into memory.

/** Enough that what a piece costs by itself (a runner that is started for it) does not count. */
const SIZE = 8192;

/** Yields `items` in arrays of up to some thousands. */
export function* inBatches<T>(items: Iterable<T>): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < SIZE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
