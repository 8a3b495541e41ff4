// The words of the runner for a file with a given content.

/** A file with the given text, as words. */
export function dataWords(
  target: string,
  content: string | Uint8Array,
  mode: number,
  owner = { uid: 0, gid: 0 },
): string[] {
  const hex = Buffer.from(content).toString('hex');
  return ['data', target, 'rw', mode.toString(8), String(owner.uid), String(owner.gid), hex];
}
