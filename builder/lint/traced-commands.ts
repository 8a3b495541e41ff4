// The commands of all traces, with the place that each has in this Dockerfile.

import type { Span } from '../../core/source.ts';
import type { FromInstruction, Instruction } from '../../grammar/ast.ts';
import type { CommandTrace, StageTrace } from './trace.ts';

export interface TracedCommand extends CommandTrace {
  readonly stage: StageTrace;
  /** The instruction; for an ONBUILD trigger of the base, the FROM that fires it. */
  readonly at: Instruction;
  /** The place in this Dockerfile for one of the command's spans. */
  readonly place: (span: Span) => Span;
}

/** Yields the commands in the order in which they are applied. */
export function* tracedCommands(traces: readonly StageTrace[]): Iterable<TracedCommand> {
  for (const stage of traces) {
    const from = stage.stage.from.node;
    for (const command of stage.commands) yield { ...command, stage, ...whereIs(command, from) };
  }
}

function whereIs(
  { typed, triggered }: CommandTrace,
  from: FromInstruction,
): Pick<TracedCommand, 'at' | 'place'> {
  if (!triggered) return { at: typed.node, place: (span) => span };
  return { at: from, place: () => from.image.span };
}
