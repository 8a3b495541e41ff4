// A build of two stages of which everything is known, to an OCI archive: what is left is start-up.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../lib/table.mjs';

export const name = 'cached';
export const title = 'Two stages, everything known, to an OCI archive';

const TIMES = 5;

export async function prepare(context) {
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'main.c'), 'int main(void) { return 0; }\n');
  const build = ['FROM busybox AS build', 'WORKDIR /src', 'COPY main.c .', 'RUN cp main.c /out'];
  return { Dockerfile: [...build, 'FROM busybox', 'COPY --from=build /out /bin/out'].join('\n') };
}

export async function measure({ builder, context, timed, scratch }) {
  const archive = { format: 'oci', path: join(scratch, 'image.tar') };
  const build = () => {
    rmSync(archive.path, { force: true });
    return timed(() => builder.build(context, archive));
  };
  build();
  return { 'build, ms': median(Array.from({ length: TIMES }, build)) };
}
