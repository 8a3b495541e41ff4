// The files of a workload's context: the same names and bytes on every machine, about as
// compressible as program text is.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `data/FOLDER/FILE` under `context`. */
export function writeTree(context, { folders, filesPerFolder, bytes }) {
  for (let folder = 0; folder < folders; folder++) {
    const path = join(context, 'data', String(folder));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesPerFolder; file++) {
      writeFileSync(join(path, String(file)), content(`${folder}/${file}`, bytes));
    }
  }
}

/** As many bytes of such text; another seed gives others. */
export function content(seed, bytes) {
  const lines = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    const line = `${createHash('md5').update(`${seed}/${i}`).digest('hex')} the same in every line\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('').slice(0, bytes);
}
