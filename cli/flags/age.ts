// Lengths of time on the command line: `90m`, `12h`, `7d`.

import { BuildError } from '../../core/errors.ts';

const MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Returns the milliseconds of an age such as `7d` or `1d12h`. Throws E_USAGE. */
export function parseAge(text: string): number {
  if (!/^(?:\d+[smhdw])+$/.test(text)) {
    throw new BuildError('E_USAGE', `${JSON.stringify(text)} is not an age`, {
      hint: 'a number and a unit: 90m, 12h, 7d, 4w',
    });
  }
  let age = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([smhdw])/g)) {
    age += Number(count) * (MILLISECONDS[unit] ?? 0);
  }
  return age;
}
