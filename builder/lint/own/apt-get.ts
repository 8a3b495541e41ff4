// Where apt-get leaves the package lists behind, and where it works with old ones.

import type { Rule, Subject } from '../rule.ts';
import type { Program } from './run-commands.ts';
import { isMounted, type StageSteps, type Step, stageSteps } from './stage-steps.ts';
import { ends, stageUses } from './stage-uses.ts';

const LISTS = '/var/lib/apt/lists';

export const aptGetWithoutCleanup: Rule = {
  name: 'AptGetWithoutCleanup',
  description: 'A step that fetches package lists removes them',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const step of shippedStages(subject).flatMap(({ steps }) => steps)) {
      const update = step.programs.find((program) => does(program, ['update']));
      if (update === undefined || isMounted(step, LISTS) || removesLists(step)) continue;
      const message = `the package lists stay in the layer: end the step with rm -rf ${LISTS}/*, or mount a cache there`;
      yield { at: step.node, span: update.command.span, message };
    }
  },
};

export const aptGetUpdateAlone: Rule = {
  name: 'AptGetUpdateAlone',
  description: 'Package lists are fetched in the step that uses them',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const { steps } of stageSteps(subject)) {
      // From the last step back: whether a later step uses lists that it has not fetched itself.
      let used = false;
      for (const step of [...steps].reverse()) {
        const update = step.programs.find((program) => does(program, ['update']));
        const uses = step.programs.some(usesLists);
        if (update !== undefined && !uses && used && !isMounted(step, LISTS)) {
          const message =
            'a step that installs later uses these lists, however old they are by then; join the two steps with &&';
          yield { at: step.node, span: update.command.span, message };
        }
        if (update !== undefined) used = false;
        else used ||= uses;
      }
    }
  },
};

const USES = ['install', 'upgrade', 'dist-upgrade', 'full-upgrade', 'build-dep', 'satisfy'];

function usesLists(program: Program): boolean {
  return does(program, USES) || program.name === 'apt-cache' || program.name === 'apt-file';
}

/** True for apt-get or apt with one of these commands: the first word that is no flag. */
function does({ name, args }: Program, commands: readonly string[]): boolean {
  if (name !== 'apt-get' && name !== 'apt') return false;
  return args.some((arg) => commands.includes(arg));
}

/** Whatever names the folder, or the whole of apt's state, is taken to clean it. */
function removesLists({ programs, node }: Step): boolean {
  if (programs.some((program) => does(program, ['distclean', 'dist-clean']))) return true;
  const text = [node.text, ...node.heredocs.map(({ body }) => body)].join('\n');
  return /\/var\/lib\/apt(?:\/lists)?(?:[\s/*;'"]|$)|\/var\/lib\/\{[^}]{0,99}apt/.test(text);
}

/**
 * Stages that end up in an image: those that no other uses, and the stages that they go on from. What a stage
 * leaves behind that is there for COPY --from only is in nobody's way.
 */
function shippedStages(subject: Subject): readonly StageSteps[] {
  const { stages } = subject;
  const uses = stageUses(stages);
  const shipped = new Set(ends(stages, uses).map(({ index }) => index));
  for (const index of shipped) {
    const { bases = [], isSure } = uses.get(index) ?? {};
    if (isSure) for (const base of bases) shipped.add(base);
  }
  return stageSteps(subject).filter(({ stage }) => shipped.has(stage.index));
}
