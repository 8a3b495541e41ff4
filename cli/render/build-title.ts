// The first line of every view.

import type { BuildStarted } from '../../core/events.ts';

/** Returns what is built: the Dockerfile, and the stage where one was asked for. */
export function buildTitle({ dockerfile, target }: BuildStarted): string {
  return target === '' ? `building ${dockerfile}` : `building stage ${target} of ${dockerfile}`;
}
