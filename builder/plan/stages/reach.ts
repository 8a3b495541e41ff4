// Which stages a build needs, and where each reference of theirs leads. Works through a list, not
// by recursion, so a long chain of stages costs no stack. Base images bring ONBUILD triggers, which may
// need more: the answer is complete only when no image is missing.

import { BuildError, isBuildError } from '../../../core/errors.ts';
import { Problems } from '../../../core/problems.ts';
import type { DockerfileAst, Word } from '../../../grammar/ast.ts';
import { parse } from '../../../grammar/parse.ts';
import type { ImageConfig } from '../../../image/model.ts';
import { ifKnown } from '../apply/unknowns.ts';
import { readCommand } from '../instructions/read-instruction.ts';
import type { TypedCommand } from '../instructions/typed.ts';
import {
  type Base,
  type NeededImage,
  type Origin,
  type OriginContext,
  resolveBase,
  resolveFrom,
} from './origins.ts';
import type { Stage } from './stages.ts';

/** A stage that is needed, with all that it consists of. */
export interface ReachedStage {
  readonly stage: Stage;
  readonly base: Base;
  readonly commands: readonly StageCommand[];
}

export interface StageCommand {
  readonly typed: TypedCommand;
  /** True where instructions right above are wrong: what they would have set is not known. */
  readonly afterGap: boolean;
  /** True for the trigger of a base's ONBUILD. */
  readonly triggered: boolean;
}

export interface Reached {
  /** In the order of the file. */
  readonly stages: readonly ReachedStage[];
  /** Where the `from` of each needed command leads. */
  readonly origins: ReadonlyMap<Word, Origin>;
  /** Images that are not in `images`. */
  readonly missing: readonly NeededImage[];
}

/** Finds what `targets` need. Throws what resolving names throws, and E_ONBUILD; all of it at once. */
export function reach(
  targets: readonly Stage[],
  context: OriginContext,
  images: ReadonlyMap<string, ImageConfig>,
): Reached {
  const problems = new Problems();
  const reached = reachWith(problems, targets, context, images);
  problems.throwIfAny();
  return reached;
}

/** As `reach`, but what is wrong goes to `problems`, and the answer has gaps there. */
export function reachWith(
  problems: Problems,
  targets: readonly Stage[],
  context: OriginContext,
  images: ReadonlyMap<string, ImageConfig>,
): Reached {
  const stages = new Map<number, ReachedStage>();
  const origins = new Map<Word, Origin>();
  const missing = new Map<string, NeededImage>();
  const waiting = [...targets];
  const follow = (origin: Origin): void => {
    if (origin.kind === 'image' && !images.has(origin.need.key))
      missing.set(origin.need.key, origin.need);
    const stage = origin.kind === 'stage' ? context.stages[origin.index] : undefined;
    if (stage !== undefined) waiting.push(stage);
  };
  for (let stage = waiting.pop(); stage !== undefined; stage = waiting.pop()) {
    if (stages.has(stage.index)) continue;
    const current = stage;
    const base = baseOf(current, context, problems);
    if (base.known) follow(base.origin);
    const commands = problems.attempt(() => commandsOf(current, base, context, images)) ?? [];
    for (const [word, mayBeIndex] of commands.flatMap(({ typed }) => fromsOf(typed))) {
      const origin = problems.attempt(() => resolveFrom(word, current, mayBeIndex, context));
      if (origin === undefined) continue;
      origins.set(word, origin);
      follow(origin);
    }
    stages.set(stage.index, { stage, base, commands });
  }
  const inOrder = [...stages.values()].sort((a, b) => a.stage.index - b.stage.index);
  return { stages: inOrder, origins, missing: [...missing.values()] };
}

function baseOf(stage: Stage, context: OriginContext, problems: Problems): Base {
  const base = stage.unread
    ? undefined
    : problems.attempt(() => ifKnown(() => resolveBase(stage, context)));
  if (base !== undefined) return base;
  const { platform } = context.options;
  return { origin: { kind: 'scratch' }, text: '', platform, replacesStage: false, known: false };
}

function commandsOf(
  stage: Stage,
  base: Base,
  context: OriginContext,
  images: ReadonlyMap<string, ImageConfig>,
): StageCommand[] {
  const { origin, replacesStage } = base;
  if (replacesStage) return [];
  let triggers: readonly TypedCommand[] = [];
  if (origin.kind === 'stage') {
    const commands = context.stages[origin.index]?.commands ?? [];
    triggers = commands.flatMap((typed) => (typed.kind === 'onbuild' ? [typed.trigger] : []));
  } else if (origin.kind === 'image') {
    const texts = images.get(origin.need.key)?.config?.OnBuild ?? [];
    triggers = texts.map((text) => readTrigger(text, origin.need));
  }
  return [
    ...triggers.map((typed) => ({ typed, triggered: true, afterGap: false })),
    ...stage.commands.map((typed, index) => ({
      typed,
      triggered: false,
      afterGap: stage.gaps.has(index),
    })),
  ];
}

/** Parses one entry of an image's OnBuild. The image is another's: whatever is wrong with it is told at the FROM. */
function readTrigger(text: string, need: NeededImage): TypedCommand {
  try {
    const ast = parse({ name: `ONBUILD trigger of ${need.reference}`, text });
    const node = onlyInstruction(ast);
    if (node !== undefined) return readCommand(node);
  } catch (error) {
    if (!isBuildError(error)) throw error;
    throw new BuildError(
      'E_ONBUILD',
      `an ONBUILD trigger of ${need.reference} is wrong: ${error.message}`,
      {
        span: need.span,
        hint: error.hint,
        cause: error,
      },
    );
  }
  throw new BuildError(
    'E_ONBUILD',
    `an ONBUILD trigger of ${need.reference} is not one instruction that may be one`,
    {
      span: need.span,
    },
  );
}

function onlyInstruction(ast: DockerfileAst) {
  const [node, another] = ast.instructions;
  if (node === undefined || another !== undefined) return undefined;
  return node.kind === 'from' || node.kind === 'onbuild' || node.kind === 'maintainer'
    ? undefined
    : node;
}

/** The words that name where files come from, and whether each may be a stage's index. */
export function fromsOf(typed: TypedCommand): [Word, boolean][] {
  if (typed.kind === 'files') return typed.from ? [[typed.from, true]] : [];
  if (typed.kind !== 'run') return [];
  return typed.mounts.flatMap(({ from }) => (from ? [[from, false] as [Word, boolean]] : []));
}
