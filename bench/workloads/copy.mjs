// COPY of 20,000 files, 240 MB, to an archive: with nothing known, with one file changed, and with
// nothing changed. Once for each kind of archive; OCI archives are compressed, docker's are not.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTree } from '../lib/write-tree.mjs';

export const name = 'copy';
export const title = 'COPY of 20,000 files (240 MB) to an archive';
/** Measured once with a new store for each kind of archive that the builder writes. */
export const perFormat = true;

export async function prepare(context) {
  writeTree(context, { folders: 200, filesPerFolder: 100, bytes: 12_000 });
  return { Dockerfile: 'FROM busybox\nCOPY data /data\n' };
}

export async function measure({ builder, context, timed, scratch, format }) {
  const path = join(scratch, 'image.tar');
  const build = () => {
    // Some builders refuse to write over an archive.
    rmSync(path, { force: true });
    return timed(() => builder.build(context, { format, path }));
  };
  const cold = build();
  writeFileSync(join(context, 'data/7/7'), `changed at ${process.hrtime.bigint()}\n`);
  const oneChanged = build();
  const unchanged = build();
  return {
    [`${format} archive, cold, ms`]: cold,
    [`${format} archive, one file changed, ms`]: oneChanged,
    [`${format} archive, nothing changed, ms`]: unchanged,
  };
}
