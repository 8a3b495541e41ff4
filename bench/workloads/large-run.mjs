// A RUN step that writes 1 GB, to an OCI archive: what it takes to compress a large layer.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { content } from '../lib/write-tree.mjs';

export const name = 'large-run';
export const title = 'A RUN step that writes 1 GB, to an OCI archive';

const SEED_BYTES = 10_000_000;

export async function prepare(context) {
  writeFileSync(join(context, 'seed'), content('large run', SEED_BYTES));
  const write = 'for i in $(seq 100); do cat /seed; done > /large';
  return { Dockerfile: `FROM busybox\nCOPY seed /seed\nRUN ${write}\n` };
}

export async function measure({ builder, context, timed, scratch }) {
  const path = join(scratch, 'image.tar');
  rmSync(path, { force: true });
  return { 'build, ms': timed(() => builder.build(context, { format: 'oci', path })) };
}
