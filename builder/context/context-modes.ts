// The modes that files of a context come with. git keeps one bit of a mode; the rest of a checkout is the
// umask of whoever made it, so that the same commit would have other keys on another machine.

/** `keep`: as they are, as the reference does. `git`: as git would have them under the usual umask. */
export type ContextModes = 'keep' | 'git';

/** Returns the mode (0..0o7777) that a file or folder of the mode `mode` comes with. */
export function contextMode(modes: ContextModes, mode: number, isDirectory: boolean): number {
  if (modes === 'keep') return mode;
  return isDirectory || (mode & 0o100) !== 0 ? 0o755 : 0o644;
}
