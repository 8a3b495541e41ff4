// The name of one build, by which its log is found. Sorted, names are in the order of time.

import { randomBytes } from 'node:crypto';

/** A new build's id: `20261127-114610-3f9c2a`, in UTC. */
export function newBuildId(now: number): string {
  const time = new Date(now).toISOString().replace(/\..*/, '').replace(/[-:]/g, '');
  return `${time.replace('T', '-')}-${randomBytes(3).toString('hex')}`;
}
