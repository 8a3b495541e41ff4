// The order of entries in a layer: a walk that gives a directory before what is in it and siblings
// by the bytes of their names. That is the order of whole paths with `/` below every other byte.
// Identities of layers and the bytes of tars depend on it: a change is a change of the store's format.

import { nameToBytes } from '../../core/names.ts';

const SLASH = 0x2f;

/** Compares two paths in that order; '' (the root) is first. */
export function comparePaths(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isSurrogate(x) || isSurrogate(y)) return compareBytes(a, b);
    if (x === SLASH) return -1;
    if (y === SLASH) return 1;
    return x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Names hold no NUL, so NUL can stand for the slash. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(nameToBytes(a.replaceAll('/', '\0')), nameToBytes(b.replaceAll('/', '\0')));
}
