// The first code that runs: it starts the program, which lies beside it as one file, from what V8 made of that
// file the last time (docs/decisions/0052-compiled-code.md). Reading and compiling were most of a cached build.
//
// What V8 made is code: whoever can write it is obeyed. So it is kept in a folder of the user's own, and
// believed only where that user, and nobody else, can have written it. A wrong one is found by its checksum
// and costs time only; so does a folder that cannot be written.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Names the program's very bytes; the bundler puts it there. */
declare const PROGRAM_ID: string;

/** This file's own, which finds what lies beside the program. */
declare const require: NodeJS.Require;

/** Where the program lies; most starts ask for no URL, for which Node would compile more of its own. */
interface Place {
  readonly path: string;
  readonly url: string;
}

type Program = (require: NodeJS.Require, program: Place) => void;

/** The checksum of the code, and whether it is settled. */
const HEAD_BYTES = 5;
/** What no start has made anew for so long is most likely of a slipway that is no longer there. */
const STALE_MS = 30 * 86_400_000;

const filename = join(import.meta.dirname, 'program.cjs');
const place = placeOfCode();
const known = place && readCode(place);
const cachedData = known?.isSettled ? known.code : undefined;
// The bundler writes ASCII.
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  ...(cachedData && { cachedData }),
});
if (place !== undefined && (cachedData === undefined || script.cachedDataRejected))
  process.once('exit', (status) => {
    // Now the functions that this command needs are compiled: one that went wrong needed others.
    if (status === 0) settle(place, script.createCachedData());
  });
(script.runInThisContext() as Program)(require, {
  path: filename,
  get url() {
    return pathToFileURL(filename).href;
  },
});

interface CodePlace {
  readonly folder: string;
  readonly name: string;
}

/** Each command (by its first word) has code of its own: what one needs is not loaded for another. */
function placeOfCode(): CodePlace | undefined {
  const { XDG_CACHE_HOME: cache, HOME } = process.env;
  const [command = ''] = process.argv.slice(2);
  if (!/^[a-z]{2,12}$/.test(command)) return undefined;
  const base = cache?.startsWith('/') ? cache : join(HOME || homedir(), '.cache');
  return {
    folder: join(base, 'slipway'),
    name: `code-${PROGRAM_ID}-${process.version}-${process.arch}-${command}`,
  };
}

interface KnownCode {
  readonly code: Buffer;
  /** False for that of the first run, which may have had much to do that others have not: the second makes its own. */
  readonly isSettled: boolean;
}

function readCode({ folder, name }: CodePlace): KnownCode | undefined {
  try {
    const path = join(folder, name);
    if (!isOwn(statSync(folder))) return undefined;
    const stat = statSync(path);
    if (!isOwn(stat) || !stat.isFile()) return undefined;
    const bytes = readFileSync(path);
    const code = bytes.subarray(HEAD_BYTES);
    if (crc32(code) !== bytes.readUInt32LE()) return undefined;
    return { code, isSettled: bytes[HEAD_BYTES - 1] === 1 };
  } catch {
    return undefined;
  }
}

function isOwn({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

/** Keeps what the first run has compiled, and of that and what the second has the smaller: to take in a quarter more takes 5 ms of each start. */
function settle(place: CodePlace, made: Buffer): void {
  const first = known?.isSettled === false ? known.code : undefined;
  const isSmaller = first !== undefined && first.byteLength < made.byteLength;
  keepCode(place, { code: isSmaller ? first : made, isSettled: first !== undefined });
}

function keepCode({ folder, name }: CodePlace, { code, isSettled }: KnownCode): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(folder))) return;
    const head = Buffer.alloc(HEAD_BYTES, isSettled ? 1 : 0);
    head.writeUInt32LE(crc32(code));
    const temporary = join(folder, `.${name}-${process.pid}`);
    writeFileSync(temporary, Buffer.concat([head, code]), { mode: 0o600 });
    renameSync(temporary, join(folder, name));
    removeStale(folder);
  } catch {
    // A full disk, or a home that is read-only: the next start compiles again.
  }
}

function removeStale(folder: string): void {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (/^\.?code-/.test(entry) && Date.now() - statSync(path).mtimeMs > STALE_MS)
      rmSync(path, { force: true });
  }
}
