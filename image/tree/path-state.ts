// What stands at a path of a tree, as reasons tell it: a directory's entry without its name.

import type { PathState } from '../../core/step-reason.ts';
import type { TreeEntry } from './directory.ts';

/** The state of the path that `entry` is at. */
export function pathState({ name: _, ...state }: TreeEntry): PathState {
  return state;
}
