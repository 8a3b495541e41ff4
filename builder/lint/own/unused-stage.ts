// A stage without a name that nothing refers to was meant to be used, by a COPY --from that was forgotten or
// has another index now. One with a name may be there for --target, and only the experimental rule tells it.

import type { Stage } from '../../plan/stages/stages.ts';
import type { Rule, Subject } from '../rule.ts';
import { stageUses } from './stage-uses.ts';

export const unusedStage: Rule = {
  name: 'UnusedStage',
  description: 'Every stage without a name is used by another one, or is the last',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const { index, from } of unused(subject)) {
      if (from.name !== undefined) continue;
      const message = `no other stage uses this one (stage ${index}), and it is not the last`;
      yield { at: from.node, span: from.node.span, message };
    }
  },
};

export const unusedNamedStage: Rule = {
  name: 'UnusedNamedStage',
  description: 'Every stage with a name is used by another one, or is the last',
  url: undefined,
  experimental: true,
  *check(subject) {
    for (const { from } of unused(subject)) {
      if (from.name === undefined) continue;
      const span = from.node.as?.name.span ?? from.node.span;
      const message = `no other stage uses ${from.name}, and it is not the last: only --target can mean it`;
      yield { at: from.node, span, message };
    }
  },
};

function unused({ stages }: Subject): Stage[] {
  const { asBase, asSource } = stageUses(stages);
  return stages.filter(({ index }) => {
    return index !== stages.length - 1 && !asBase.has(index) && !asSource.has(index);
  });
}
