// The name of one build, by which its log is found. Sorted, names are in the order of time.

import { randomBytes } from 'node:crypto';

/** A new build's id: `20261127-114610-1f9c2a`, in UTC. The first three digits of its end are the milliseconds, the others chance. */
export function newBuildId(now: number): string {
  const time = new Date(now).toISOString().replace(/\..*/, '').replace(/[-:]/g, '');
  const ms = (now % 1000).toString(16).padStart(3, '0');
  return `${time.replace('T', '-')}-${ms}${randomBytes(2).toString('hex').slice(1)}`;
}
