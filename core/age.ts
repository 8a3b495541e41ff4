// Lengths of time as people write them: `90m`, `12h`, `1d12h`.

const MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** What may stand there, for hints. */
export const AGE_FORM = 'a number and a unit: 90m, 12h, 7d, 4w';

/** Returns the milliseconds of a length of time, or undefined where `text` is none. */
export function readAge(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw])+$/.test(text)) return undefined;
  let age = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([smhdw])/g)) {
    age += Number(count) * (MILLISECONDS[unit] ?? 0);
  }
  return Number.isSafeInteger(age) ? age : undefined;
}
