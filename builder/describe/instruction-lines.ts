// Which lines an instruction stands on: what outline, targets and checks say of its place.

import { positionAt } from '../../core/source.ts';
import type { Instruction } from '../../grammar/ast.ts';

/** Line numbers from 1, both inclusive. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Returns the lines from the instruction's keyword to its end, the bodies and ends of its heredocs with it. */
export function instructionLines(node: Instruction): Lines {
  const { source, start, end } = node.span;
  const lineOf = (offset: number) => positionAt(source, offset).line;
  const last = node.kind === 'onbuild' ? node.trigger : node;
  const heredoc = 'heredocs' in last ? last.heredocs.at(-1) : undefined;
  return {
    first: lineOf(start),
    last: lineOf(heredoc?.bodySpan.end ?? Math.max(start, end - 1)),
  };
}
