// Dockerfile -> what rules see: goes the way of a build, without files and steps, as far as it leads.
// What is wrong stops nothing; rules are only kept from judging what follows from it.

import type { BuildError } from '../../core/errors.ts';
import { Problems } from '../../core/problems.ts';
import type { SourceText } from '../../core/source.ts';
import type { ParseResult } from '../../grammar/parse.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { findProblems } from '../plan/planner.ts';
import type { NeededImage } from '../plan/stages/origins.ts';
import { reachWith } from '../plan/stages/reach.ts';
import { StageNames } from '../plan/stages/stage-names.ts';
import { collectStages, findTarget, type Stage } from '../plan/stages/stages.ts';
import { type GlobalScope, globalScope } from './global-scope.ts';
import type { Subject } from './rule.ts';
import { type StageTrace, Tracer } from './trace.ts';

export interface SubjectOptions extends PlanOptions {
  readonly lastStageOnly: boolean;
  readonly ignoreFile: SourceText | undefined;
  readonly images: ReadonlyMap<string, ImageConfig>;
}

export interface ReadSubject {
  readonly subject: Subject;
  /** In the order of the file. */
  readonly errors: readonly BuildError[];
  readonly missing: readonly NeededImage[];
}

/** Returns as much as can be found out; the errors say what could not. */
export function readSubject(parsed: ParseResult, options: SubjectOptions): ReadSubject {
  const { ast } = parsed;
  const problems = new Problems();
  for (const error of parsed.errors) problems.add(error);
  const { globals: declared, globalsKnown, stages } = collectStages(parsed, problems);
  const last = stages.at(-1);
  const target = last && (problems.attempt(() => findTarget(stages, options.target)) ?? last);
  const name = options.target ?? target?.from.name ?? 'default';
  const scope = problems.attempt(() => globalScope(declared, options, name, ast.escape));
  const one = options.target !== undefined || options.lastStageOnly ? target : undefined;
  const targets = one === undefined ? stages : [one];
  const { traces, missing } =
    scope === undefined || targets.length === 0
      ? { traces: [], missing: [] }
      : trace(targets, { stages, scope, globalsKnown, options }, problems);
  const subject = {
    ast,
    isWhole: parsed.broken.length === 0,
    stages: stages.filter(({ unread }) => !unread),
    scope: globalsKnown ? scope : undefined,
    traces,
    ignoreFile: options.ignoreFile,
  };
  return { subject, errors: problems.inOrder(), missing };
}

interface TraceContext {
  readonly stages: readonly Stage[];
  readonly scope: GlobalScope;
  readonly globalsKnown: boolean;
  readonly options: SubjectOptions;
}

function trace(
  targets: readonly Stage[],
  { stages, scope, globalsKnown, options }: TraceContext,
  problems: Problems,
): { readonly traces: readonly StageTrace[]; readonly missing: readonly NeededImage[] } {
  const { images } = options;
  const { values: globals, escape: mark } = scope;
  const names = new StageNames(stages);
  const context = { stages, names, options, globals, globalsKnown, escape: mark };
  const reached = reachWith(problems, targets, context, images);
  const observer = new Tracer(images);
  findProblems(
    { reached, images, options, globals, globalsKnown, escape: mark, single: true, observer },
    problems,
  );
  return { traces: observer.traces, missing: reached.missing };
}
