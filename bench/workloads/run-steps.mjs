// 50 RUN steps that each write a small file: what a builder adds to each command. The time of a
// build without them is taken off, and what such a command takes by itself outside of any builder.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'run-steps';
export const title = '50 RUN steps that each write a small file';

const STEPS = 50;

export async function prepare(context) {
  mkdirSync(join(context, 'empty'), { recursive: true });
  const steps = Array.from({ length: STEPS }, (_, i) => `RUN echo ${i} > /step-${i}`);
  writeFileSync(join(context, 'empty/Dockerfile'), 'FROM busybox\nLABEL bench=empty\n');
  return { Dockerfile: ['FROM busybox', ...steps].join('\n') };
}

export async function measure({ builder, context, timed, scratch }) {
  const without = timed(() => builder.build(join(context, 'empty')));
  const all = timed(() => builder.build(context));
  return {
    'whole build, ms': all,
    'added to each step, ms': (all - without) / STEPS - ownTime(scratch),
  };
}

/** Milliseconds that one such command takes: a shell is started and writes a file. */
function ownTime(scratch) {
  const loop = `i=0; while [ $i -lt ${STEPS} ]; do sh -c "echo $i > ${scratch}/step-$i"; i=$((i+1)); done`;
  const start = performance.now();
  spawnSync('sh', ['-c', loop]);
  return (performance.now() - start) / STEPS;
}
