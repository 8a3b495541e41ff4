// When the newest file of a tar was changed.

import type { TarMember } from './member.ts';

/** The later of `newest` and the time of `member`, in seconds since the epoch. Only files count, as in the reference. */
export function newestOf(
  newest: number | undefined,
  { type, mtime }: Pick<TarMember, 'type' | 'mtime'>,
): number | undefined {
  if (type !== '0' && type !== '1' && type !== '7') return newest;
  return Math.max(newest ?? 0, Number(mtime / 1_000_000_000n));
}
