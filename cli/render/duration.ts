// Times as every renderer shows them.

/** Returns milliseconds as `0.4s`, `75.0s`. */
export function formatDuration(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
