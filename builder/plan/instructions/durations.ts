// Durations as Go writes them: `1h30m`, `1.5s`. Kept in nanoseconds, as image configs hold them.

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Returns the nanoseconds of a duration, or undefined where it is not one or does not fit 64 bits. */
export function parseDuration(text: string): number | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  part.lastIndex = /^[+-]/.test(text) ? 1 : 0;
  let total = 0;
  if (part.lastIndex === text.length || text.length > 64) return undefined;
  while (part.lastIndex < text.length) {
    const [, number, unit] = part.exec(text) ?? [];
    if (number === undefined || unit === undefined) return undefined;
    total += Number(number) * (UNITS[unit] ?? 0);
  }
  return total < 2 ** 63 ? sign * Math.trunc(total) : undefined;
}

/** Returns nanoseconds as Go's Duration.String does: `1m30s`, `250ms`, `0s`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const size = Math.abs(nanoseconds);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${size / 1e3}µs`;
  if (size < 1e9) return `${sign}${size / 1e6}ms`;
  const hours = Math.floor(size / 3600e9);
  const minutes = Math.floor((size % 3600e9) / 60e9);
  const seconds = (size % 60e9) / 1e9;
  const tail = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${tail}${seconds}s`;
}
