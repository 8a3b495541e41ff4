// Each step has a shell of its own: the folder, variables and aliases that one shell sets are gone with it.

import type { Rule } from '../rule.ts';
import type { Program } from './run-commands.ts';
import { stageSteps } from './stage-steps.ts';

/** What changes nothing but the shell itself, and what to write in its place. */
const BUILTINS: Readonly<Record<string, string>> = {
  cd: 'use WORKDIR',
  pushd: 'use WORKDIR',
  export: 'use ENV',
  unset: 'set variables with ENV or ARG',
  alias: 'write a script or a shell profile',
  umask: 'set it in the step that makes the files',
  ulimit: 'set it in the step that needs it',
};

export const runWithoutEffect: Rule = {
  name: 'RunWithoutEffect',
  description: 'A step changes more than its own shell',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const step of stageSteps(subject).flatMap(({ steps }) => steps)) {
      const [first] = step.programs;
      if (first === undefined || !step.programs.every(isWithoutEffect)) continue;
      const instead = BUILTINS[first.name] ?? '';
      const message = `${first.name} has no effect on the steps that follow: ${instead}`;
      yield { at: step.node, span: first.command.span, message };
    }
  },
};

/** A substitution or a redirection may do anything. */
function isWithoutEffect({ name, args, command }: Program): boolean {
  if (!Object.hasOwn(BUILTINS, name) || command.redirects) return false;
  return !args.some((arg) => /\$\(|`/.test(arg));
}
