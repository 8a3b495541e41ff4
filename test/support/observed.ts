// What a step of the runner looked up, out of its events (PROTOCOL.md, "What a step looked at").

import { ALL_RUNGS } from './bench.ts';
import type { RunnerResult } from './runner.ts';

export interface Observed {
  /** Uses by path. */
  readonly looked: ReadonlyMap<string, string>;
  readonly complete: boolean;
  readonly reason: string | null;
  readonly network: boolean;
  readonly calls: number;
  readonly interrupted: number;
}

/** Rungs, and how the calls of a step are heard of there. */
export const WAYS = [
  ...ALL_RUNGS.map((rung) => [rung, 'notice'] as const),
  // On rung single-id calls are answered too, which a tracer does not.
  ...(['root', 'rootless', 'chroot'] as const).map((rung) => [rung, 'ptrace'] as const),
];

export function observedOf(result: RunnerResult): Observed {
  const looked = new Map<string, string>();
  for (const { event, paths } of result.events) {
    if (event !== 'looked') continue;
    const words = paths as string[];
    for (let at = 0; at < words.length; at += 2)
      note(looked, Buffer.from(words[at] ?? '', 'latin1').toString('utf8'), words[at + 1] ?? '');
  }
  const end = result.event('observed');
  if (end === undefined) throw new Error(`nothing was observed: ${JSON.stringify(result.events)}`);
  return { ...(end as unknown as Omit<Observed, 'looked'>), looked };
}

/** A path may come again: its uses are those of all. */
function note(looked: Map<string, string>, path: string, uses: string): void {
  const all = new Set([...(looked.get(path) ?? ''), ...uses]);
  looked.set(path, [...'asclrf'].filter((use) => all.has(use)).join(''));
}
