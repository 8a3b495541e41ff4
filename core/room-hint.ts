// What to do about a disk that has no room for the store, whoever notices it.

import { errnoOf } from './errors.ts';

export const ROOM_HINT = 'free some space, or let SLIPWAY_HOME name a folder on a disk with room';

/** What to do about a store's disk that is so full that even what frees it cannot be noted. */
export function fullHint(home: string): string {
  return `free a few megabytes on its disk (what is in ${home}/logs can go), then: slipway cache prune`;
}

/** Whether the error says that a disk or a quota is used up. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}
