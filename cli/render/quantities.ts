// Sizes and ages as tables show them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Returns bytes with three digits and a decimal unit, as docker has them: `12.3MB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}${UNITS[unit]}`;
}

const AGES = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Returns how long ago `then` was at `now` (both in milliseconds since the epoch): `3 days ago`. */
export function formatAge(then: number, now: number): string {
  const seconds = Math.floor((now - then) / 1000);
  for (const [name, length] of AGES) {
    const count = Math.floor(seconds / length);
    if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'} ago`;
  }
  return 'now';
}

/** Returns a count with its word: `1 record`, `2 records`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
