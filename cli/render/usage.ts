// What a step took of the machine, in a line.

import type { StepUsage } from '../../core/events.ts';
import { formatDuration } from './duration.ts';
import { formatSize } from './quantities.ts';

/** Returns `0.8s of processor time, 106MB of memory, 31.5MB written`. */
export function usageText({ userMs, systemMs, peakMemory, written }: StepUsage): string {
  const processor = formatDuration(userMs + systemMs);
  return `${processor} of processor time, ${formatSize(peakMemory)} of memory, ${formatSize(written)} written`;
}
