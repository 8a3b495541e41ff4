// Paths of entries that come from outside: brought into the form of `Entry.path`, or refused. No path
// that leaves this module can lead out of the folder that it is joined to, other than through a link.

import { BuildError } from '../../core/errors.ts';

/** Linux's limits: NAME_MAX and PATH_MAX (limits.h), in bytes. */
const MAX_NAME = 255;
const MAX_PATH = 4096;

/** An empty, `.` or `..` component, or a NUL: all that a plain relative path has not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the NUL is what is looked for
const UNUSUAL = /(?:^|\/)\.{0,2}(?:\/|$)|\u0000/;

/**
 * Returns an archive's name in the form of `Entry.path`: leading `/` and `./`, doubled and trailing slashes are
 * dropped, as every unpacker does. Throws E_LAYER_INVALID for `..`, a NUL, or what is too long.
 */
export function entryPath(name: string): string {
  const path = UNUSUAL.test(name) ? cleaned(name) : name;
  checkLengths(path);
  return path;
}

/** True for a path that is in the form of `Entry.path` already, and not too long. */
export function isEntryPath(path: string): boolean {
  return path === '' || (!UNUSUAL.test(path) && !tooLong(path));
}

/** Throws E_LAYER_INVALID unless `link` can be a symlink's target. Where it leads is not looked at: it is never followed outside of a tree. */
export function checkLinkTarget(path: string, link: string): void {
  if (link !== '' && !link.includes('\0') && byteLength(link) <= MAX_PATH) return;
  throw invalid(`the target of the link ${quote(path)} is empty, too long or has a NUL in it`);
}

function cleaned(name: string): string {
  if (name.includes('\0')) throw invalid(`the name ${quote(name)} has a NUL in it`);
  const components = name.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) {
    throw invalid(`the name ${quote(name)} has ".." in it and could lead outside`);
  }
  return components.join('/');
}

function checkLengths(path: string): void {
  if (tooLong(path)) throw invalid(`the name ${quote(path.slice(0, 80))}... is too long`);
}

function tooLong(path: string): boolean {
  // No character is more than three bytes a code unit: short paths need no counting.
  if (path.length * 3 <= MAX_NAME) return false;
  return byteLength(path) > MAX_PATH || path.split('/').some((name) => byteLength(name) > MAX_NAME);
}

function byteLength(text: string): number {
  let escaped = 0;
  for (const _ of text.matchAll(/[\udc80-\udcff]/gu)) escaped++;
  return Buffer.byteLength(text, 'utf8') - 2 * escaped;
}

function quote(path: string): string {
  return JSON.stringify(path);
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}
