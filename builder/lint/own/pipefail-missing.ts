// The status of a pipe is that of its last command: a download that fails goes unseen, and what came of it
// is a step's result. Shells differ in what they offer against it, so the rule is silent until asked for.

import type { Rule } from '../rule.ts';
import { type Step, stageSteps } from './stage-steps.ts';

const DOWNLOADERS = ['curl', 'wget'];

export const pipefailMissing: Rule = {
  name: 'PipefailMissing',
  description: 'A download that fails ends the step, also before a pipe',
  url: undefined,
  experimental: true,
  *check(subject) {
    for (const step of stageSteps(subject).flatMap(({ steps }) => steps)) {
      if (isGuarded(step)) continue;
      const source = step.programs.find(
        ({ name }, at) =>
          DOWNLOADERS.includes(name) && step.programs[at + 1]?.command.joint === '|',
      );
      if (source === undefined) continue;
      const message = `where ${source.name} fails the step goes on; begin it with set -o pipefail, in a shell that has it`;
      yield { at: step.node, span: source.command.span, message };
    }
  },
};

function isGuarded({ shell, programs }: Step): boolean {
  const settings = programs.filter(({ name }) => name === 'set').flatMap(({ args }) => args);
  return [...shell, ...settings].some((word) => word.endsWith('pipefail'));
}
