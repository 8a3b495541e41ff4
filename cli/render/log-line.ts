// A line of a step's output as it may be shown. The step's author may be hostile.

import { printable } from '../printable.ts';

/**
 * Returns one printable line. Of a progress bar, which overwrites its line by carriage returns,
 * the last state is shown, as a terminal would.
 */
export function logLine(line: string): string {
  const states = line.split('\r').filter((state) => state !== '');
  return printable(states.at(-1) ?? '').replaceAll('\n', ' ');
}
