// Eight stages that need nothing of each other, with one RUN each: whether steps that run at once slow each other beyond
// the cores. They compute for about half a second, or do next to nothing. The time of a build without any is taken off.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

export const name = 'stages';
export const title = 'Eight stages at once, of one RUN each';

const STAGES = 8;
const COMPUTE = 'i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done; ';

export async function prepare(context) {
  write(context, 'none', dockerfile(0, ''));
  write(context, 'one', dockerfile(1, COMPUTE));
  write(context, 'eight', dockerfile(STAGES, COMPUTE));
  write(context, 'idle', dockerfile(STAGES, ''));
  return { Dockerfile: dockerfile(0, '') };
}

export async function measure({ builder, context, timed }) {
  const build = (kind) => timed(() => builder.build(join(context, kind)));
  build('none');
  const none = build('none');
  const one = build('one') - none;
  const eight = build('eight') - none;
  const inTurns = (one * STAGES) / Math.min(STAGES, cpus().length);
  return {
    'one that computes, ms': one,
    'eight that compute, ms': eight,
    'of what the cores alone allow, %': (eight / inTurns) * 100,
    'eight that write a byte, ms': build('idle') - none,
  };
}

function dockerfile(stages, work) {
  const all = Array.from({ length: stages }, (_, i) => i);
  return [
    ...all.flatMap((i) => [`FROM busybox AS s${i}`, `RUN ${work}echo ${i} > /out-${i}`]),
    'FROM busybox',
    'LABEL bench=stages',
    ...all.map((i) => `COPY --from=s${i} /out-${i} /`),
  ].join('\n');
}

function write(context, kind, text) {
  mkdirSync(join(context, kind));
  writeFileSync(join(context, kind, 'Dockerfile'), `${text}\n`);
}
