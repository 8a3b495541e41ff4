// NoEmptyContinuation: an empty line does not end a continued instruction, though it looks as if it did.

import type { Span } from '../../../core/source.ts';
import type { DockerfileAst, Instruction } from '../../../grammar/ast.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const noEmptyContinuation: Rule = {
  name: 'NoEmptyContinuation',
  description: 'A continued instruction has no empty lines',
  url: referencePage('no-empty-continuation'),
  experimental: false,
  *check({ ast }) {
    for (const [at, [first, ...others]] of byInstruction(ast)) {
      const last = others.at(-1) ?? first;
      yield {
        at,
        message: 'an empty line inside an instruction that goes on after it',
        span: first,
        told: Math.max(at.span.end, last.start),
        fix: [first, ...others].map((span) => ({ span: wholeLine(span), text: '' })),
      };
    }
  },
};

/** The empty lines of each instruction that has any. Both lists are in the order of the file. */
function byInstruction({ instructions, emptyContinuations }: DockerfileAst) {
  const groups = new Map<Instruction, [Span, ...Span[]]>();
  let index = 0;
  for (const span of emptyContinuations) {
    while ((instructions[index + 1]?.span.start ?? Number.POSITIVE_INFINITY) < span.start) index++;
    const at = instructions[index];
    if (at === undefined) continue;
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [span]);
    else group.push(span);
  }
  return groups;
}

/** The line with its line end, so that nothing of it is left. */
function wholeLine({ source, start, end }: Span): Span {
  const feed = source.text.indexOf('\n', end);
  return { source, start, end: feed === -1 ? source.text.length : feed + 1 };
}
