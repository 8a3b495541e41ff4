// The stages of a Dockerfile, and the build arguments that stand above them.

import { BuildError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type { ArgInstruction, DockerfileAst } from '../../../grammar/ast.ts';
import { readCommand, readFrom } from '../instructions/read-instruction.ts';
import type { TypedCommand, TypedFrom } from '../instructions/typed.ts';

export interface Stage {
  /** From 0, in the order of the file. */
  readonly index: number;
  readonly from: TypedFrom;
  readonly commands: readonly TypedCommand[];
}

export interface Stages {
  /** ARG instructions before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}

/** Groups the instructions by stage. Throws E_STAGE where one stands before any FROM, and what typing throws. */
export function readStages(ast: DockerfileAst): Stages {
  const globals: ArgInstruction[] = [];
  const stages: { index: number; from: TypedFrom; commands: TypedCommand[] }[] = [];
  for (const node of ast.instructions) {
    const stage = stages.at(-1);
    if (node.kind === 'from') {
      stages.push({ index: stages.length, from: readFrom(node), commands: [] });
      continue;
    }
    const command = readCommand(node);
    if (stage !== undefined) stage.commands.push(command);
    else if (node.kind === 'arg') globals.push(node);
    else {
      throw new BuildError('E_STAGE', `${node.kind.toUpperCase()} stands before the first FROM`, {
        span: node.span,
        hint: 'Only ARG, comments and parser directives may.',
      });
    }
  }
  if (stages.length === 0) {
    const end = ast.source.text.length;
    throw new BuildError('E_STAGE', 'the Dockerfile has no FROM', {
      span: { source: ast.source, start: end, end },
    });
  }
  return { globals, stages };
}

/** The name that people and `--target` use: the one after AS, else `stage-N`. */
export function stageName(stage: Stage): string {
  return stage.from.name ?? `stage-${stage.index}`;
}

/** Returns the stage that `target` names (a name, whatever its case, or an index); the last without one. Throws E_TARGET_NOT_FOUND. */
export function findTarget(stages: readonly Stage[], target: string | undefined): Stage {
  const wanted = target?.toLowerCase();
  const found =
    wanted === undefined
      ? stages.at(-1)
      : (stages.findLast((stage) => stage.from.name === wanted) ??
        (/^\d{1,9}$/.test(wanted) ? stages[Number(wanted)] : undefined));
  if (found !== undefined) return found;
  const names = stages.map(stageName);
  const near = suggest(target ?? '', names);
  throw new BuildError('E_TARGET_NOT_FOUND', `there is no stage ${JSON.stringify(target)}`, {
    hint: near ? `Did you mean ${near}?` : `The stages are ${names.join(', ')}.`,
  });
}
