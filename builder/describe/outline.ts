// `--call=outline`: what a target asks of the one who builds it: build arguments, secrets and SSH
// agents, of its own stage and of all stages that it needs. Applies ARG and ENV as a build does, but
// looks up no image: a variable that only a base image sets is empty here.

import type { BuildError } from '../../core/errors.ts';
import { compareNames } from '../../core/names.ts';
import { Problems } from '../../core/problems.ts';
import type { SourceText } from '../../core/source.ts';
import { parse } from '../../grammar/parse.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { globalArgs } from '../plan/stages/build-args.ts';
import { waitsForArgument } from '../plan/stages/open-arguments.ts';
import { reachWith } from '../plan/stages/reach.ts';
import { StageNames } from '../plan/stages/stage-names.ts';
import { findTarget, readStages, type Stage } from '../plan/stages/stages.ts';
import { docComment } from './doc-comment.ts';
import { readGlobalArgs } from './global-args.ts';
import type { OutlineArg, OutlineNeed } from './outline-entry.ts';
import { type StageNeeds, StageReader } from './stage-needs.ts';

export interface Outline {
  /** The target stage's name in lower case; '' where it has none. */
  readonly name: string;
  readonly description: string;
  /** Each list is in the order of the file. */
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineNeed[];
  readonly ssh: readonly OutlineNeed[];
}

/** Returns what `options.target` needs. Throws the Dockerfile's errors, and E_TARGET_NOT_FOUND. */
export function outline(source: SourceText, options: PlanOptions): Outline {
  const ast = parse(source);
  const { globals: declared, stages } = readStages(ast);
  const target = findTarget(stages, options.target);
  const targetName = options.target ?? target.from.name ?? 'default';
  const platform = globalArgs([], options, targetName, ast.escape);
  const globals = readGlobalArgs(declared, platform, options, ast.escape);
  const names = new StageNames(stages);
  const context = {
    stages,
    names,
    options,
    globals: globals.values,
    globalsKnown: true,
    escape: ast.escape,
  };
  const problems = new Problems();
  const reached = reachWith(problems, [target], context, new Map());
  refuse(problems, (error) => !waitsForArgument(error, ast, options.buildArgs));
  const reader = new StageReader({ reached, options, globals, escape: ast.escape });
  const needs = withAllBelow(
    target,
    new Map(reached.stages.map((each) => [each.stage.index, reader.read(each)])),
  );
  const { name, node } = target.from;
  return {
    name: name ?? '',
    description: docComment(node.comments, name ?? ''),
    args: firstOfEachName(needs.flatMap((each) => each.args)),
    secrets: firstOfEachName(needs.flatMap((each) => each.secrets)),
    ssh: firstOfEachName(needs.flatMap((each) => each.ssh)),
  };
}

/** Throws those of the problems that count. A base that is yet to be given is none: the outline asks for it. */
function refuse(problems: Problems, counts: (error: BuildError) => boolean): void {
  const counted = new Problems();
  for (const error of problems.inOrder().filter(counts)) counted.add(error);
  counted.throwIfAny();
}

/** The target's stage first, then each stage's base before the others that it uses. */
function withAllBelow(target: Stage, stages: ReadonlyMap<number, StageNeeds>): StageNeeds[] {
  const order = new Set<number>();
  const waiting = [target.index];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (order.has(index)) continue;
    order.add(index);
    waiting.push(...[...(stages.get(index)?.uses ?? [])].reverse());
  }
  return [...order].flatMap((index) => stages.get(index) ?? []);
}

function firstOfEachName<T extends OutlineArg | OutlineNeed>(all: readonly T[]): T[] {
  const named = new Map<string, T>();
  for (const each of all) if (!named.has(each.name)) named.set(each.name, each);
  return [...named.values()].sort(
    (a, b) => a.lines.first - b.lines.first || compareNames(a.name, b.name),
  );
}
