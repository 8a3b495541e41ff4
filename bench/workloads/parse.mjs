// Long Dockerfiles of which one step is needed: what reading and checking the rest takes. The lines are
// those of a stage that nothing uses, so no builder runs any. The time of a build without them is taken
// off; what is left should grow with the lines and not with their square.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'parse';
export const title = 'Reading a Dockerfile whose long stage is not needed';

const SIZES = [1000, 10_000];

const PATTERN = [
  'RUN --mount=type=cache,target=/root/.cache make -j "$(nproc)" && make install',
  'ENV PATH=/opt/bin:$PATH LANG=C.UTF-8',
  '# a comment',
  'COPY --chown=1:2 a b /c/',
  'LABEL a="b c" d=e',
];

function dockerfile(lines) {
  const long = Array.from({ length: lines }, (_, i) => PATTERN[i % PATTERN.length]);
  return ['FROM busybox AS unused', ...long, 'FROM busybox', 'LABEL bench=parse', ''].join('\n');
}

export async function prepare(context) {
  for (const lines of SIZES) {
    mkdirSync(join(context, String(lines)), { recursive: true });
    writeFileSync(join(context, String(lines), 'Dockerfile'), dockerfile(lines));
  }
  return { Dockerfile: dockerfile(0) };
}

export async function measure({ builder, context, timed }) {
  builder.build(context);
  const without = timed(() => builder.build(context));
  return Object.fromEntries(
    SIZES.map((lines) => {
      const ms = timed(() => builder.build(join(context, String(lines)))) - without;
      return [`${lines} lines, ms`, ms];
    }),
  );
}
