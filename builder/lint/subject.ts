// Dockerfile -> what rules see: goes the way of a build, without files and steps, as far as it leads.

import { type BuildError, isBuildError } from '../../core/errors.ts';
import type { SourceText } from '../../core/source.ts';
import type { DockerfileAst } from '../../grammar/ast.ts';
import type { ImageConfig } from '../../image/model.ts';
import { emptyImage } from '../plan/final-config.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { buildGraph } from '../plan/planner.ts';
import type { NeededImage } from '../plan/stages/origins.ts';
import { reach } from '../plan/stages/reach.ts';
import { findTarget, readStages } from '../plan/stages/stages.ts';
import { globalScope } from './global-scope.ts';
import type { Subject } from './rule.ts';
import { Tracer } from './trace.ts';

export interface SubjectOptions extends PlanOptions {
  readonly lastStageOnly: boolean;
  readonly ignoreFile: SourceText | undefined;
  readonly images: ReadonlyMap<string, ImageConfig>;
}

export interface ReadSubject {
  readonly subject: Subject;
  readonly errors: readonly BuildError[];
  readonly missing: readonly NeededImage[];
}

/** Returns as much as can be found out; the errors say what could not. */
export function readSubject(ast: DockerfileAst, options: SubjectOptions): ReadSubject {
  const tracer = new Tracer(options.images);
  const found: { -readonly [key in keyof Subject]: Subject[key] } = {
    ast,
    stages: [],
    scope: undefined,
    traces: [],
    ignoreFile: options.ignoreFile,
  };
  const errors: BuildError[] = [];
  let missing: readonly NeededImage[] = [];
  try {
    const read = readStages(ast);
    const { stages } = read;
    found.stages = stages;
    const target = findTarget(stages, options.target);
    const name = options.target ?? target.from.name ?? 'default';
    found.scope = globalScope(read, options, name, ast.escape);
    const globals = found.scope.values;
    const targets = options.target !== undefined || options.lastStageOnly ? [target] : stages;
    const context = { stages, options, globals, escape: ast.escape };
    const reached = reach(targets, context, options.images);
    missing = reached.missing;
    const images = withPlaceholders(options.images, missing);
    const single = stages.length === 1;
    buildGraph({ reached, images, options, globals, escape: ast.escape, single, observer: tracer });
  } catch (error) {
    if (!isBuildError(error)) throw error;
    errors.push(error);
  }
  found.traces = tracer.traces;
  return { subject: found, errors, missing };
}

/** The tracer knows which images are only stood for, and says nothing about what they set. */
function withPlaceholders(
  images: ReadonlyMap<string, ImageConfig>,
  missing: readonly NeededImage[],
): ReadonlyMap<string, ImageConfig> {
  return new Map([
    ...images,
    ...missing.map((need) => [need.key, emptyImage(need.platform)] as const),
  ]);
}
