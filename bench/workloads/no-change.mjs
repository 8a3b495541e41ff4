// A rebuild with nothing changed: 2,000 files in the context, ten RUN steps, result in the builder's
// own store. What is measured is start-up, reading the context, and looking up what is known.

import { writeTree } from '../lib/write-tree.mjs';

export const name = 'no-change';
export const title = 'A rebuild with nothing changed (2,000 files, 10 RUN steps, into the store)';

const RUNS = Array.from({ length: 10 }, (_, i) => `RUN echo ${i} > /step-${i}`);

export async function prepare(context) {
  writeTree(context, { folders: 20, filesPerFolder: 100, bytes: 4096 });
  return { Dockerfile: ['FROM busybox', 'COPY data /data', ...RUNS].join('\n') };
}

/** Returns { row: milliseconds } of one measurement with a builder whose store is empty. */
export async function measure({ builder, context, timed }) {
  builder.build(context);
  return { 'rebuild, ms': timed(() => builder.build(context)) };
}
