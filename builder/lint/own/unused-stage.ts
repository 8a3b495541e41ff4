// A stage that nothing refers to was meant to be used, by a COPY --from that was forgotten or that has another
// name or index now. One that goes on from another stage, or takes files from one, is most likely a target for
// --target; so is left alone unless it has no name.

import type { Rule } from '../rule.ts';
import { ends, stageUses } from './stage-uses.ts';

export const unusedStage: Rule = {
  name: 'UnusedStage',
  description: 'Every stage is used by another one, or can be meant as a target',
  url: undefined,
  experimental: false,
  *check({ stages }) {
    const uses = stageUses(stages);
    for (const { index, from } of ends(stages, uses)) {
      const { bases = [], sources = [] } = uses.get(index) ?? {};
      const standsAlone = bases.length === 0 && sources.length === 0;
      if (index === stages.length - 1 || (from.name !== undefined && !standsAlone)) continue;
      const name = from.name ?? `stage ${index}`;
      const message = `no other stage uses ${name}, and it is not the last`;
      yield { at: from.node, span: from.node.as?.name.span ?? from.node.span, message };
    }
  },
};
