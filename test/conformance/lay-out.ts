// Puts the files of a case into a folder. Everything in it gets one time in the past, unless the
// setup script has given it another, so that times in images can be compared.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Case } from './case-file.ts';

/** Seconds: 2001-02-03T04:05:06Z. */
const PAST = 981_173_106;

/** The reference takes a file with the path, size and time of one that it knows for the same: no two cases share a time. */
function timeOf({ name }: Case): number {
  return PAST + createHash('sha256').update(name).digest().readUInt32BE() / 16;
}

/** Makes the context of `test` in the new folder `folder`. */
export function layOut(test: Case, folder: string): void {
  const { parts } = test;
  const started = Math.floor(Date.now() / 1000) - 1;
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of parts) {
    if (name === 'setup') continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const { name, text } of parts) {
    if (name !== 'setup') continue;
    execFileSync('sh', ['-eu', '-c', `umask 022\n${text}`], { cwd: folder });
  }
  setTimes(Buffer.from(folder), started, Math.floor(timeOf(test)));
}

/** The flags of `test`, what they name in its context as absolute paths. */
export function flagsIn({ flags }: Case, folder: string): readonly string[] {
  return flags.map((flag) => flag.replace('=./', `=${folder}/`));
}

/** Names are bytes: a case may have some that are no text. */
function setTimes(path: Buffer, started: number, time: number): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    for (const name of readdirSync(path, 'buffer'))
      setTimes(Buffer.concat([path, Buffer.from('/'), name]), started, time);
  }
  if (stat.mtimeMs / 1000 >= started) lutimesSync(path, time, time);
}
