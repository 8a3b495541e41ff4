// Where the large files of an unpacked layer lie, for the runner to read them there: a step that writes a gigabyte
// needs not send it through this process to be compressed. For folders only whose bytes nobody has to check (see
// kept-folders.ts), and whose files the user of slipway can read.

import { lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { nameToBytes, systemPath } from '../../core/names.ts';
import type { Entry } from '../../image/entry.ts';
import type { PlaceOf } from '../../image/layer.ts';

/** Below it, asking for a file's state costs more than sending its bytes. */
const LARGE = 1024 * 1024;

/** What the runner takes as a path. */
const LONGEST_PATH = 4095;

/** The places of the large files of the layer that is unpacked in `folder`, as its entries name them. */
export function placesInFolder(folder: string): PlaceOf<Entry> {
  const root = realpathSync(folder);
  return ({ path, size }) => {
    const file = join(root, path);
    if (size < LARGE || nameToBytes(file).byteLength > LONGEST_PATH) return undefined;
    const seen = lstatSync(systemPath(file), { bigint: true, throwIfNoEntry: false });
    if (seen === undefined) return undefined;
    const { dev, ino, size: length, mtimeNs, ctimeNs } = seen;
    const state = Buffer.from(new BigInt64Array([dev, ino, length, mtimeNs, ctimeNs]).buffer);
    return { path: file, state, digest: undefined };
  };
}
