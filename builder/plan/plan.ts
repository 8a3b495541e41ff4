// AST -> build graph: the entry of planning. Pure: reads no file, runs nothing, knows base images only
// by their configs, which the caller fetches and hands in on the next call.

import { Problems } from '../../core/problems.ts';
import type { ParseResult } from '../../grammar/parse.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { RemoteSource } from '../remote/remote-source.ts';
import type { Graph } from './graph.ts';
import type { PlanOptions } from './plan-options.ts';
import { buildGraph, findProblems } from './planner.ts';
import { globalArgs } from './stages/build-args.ts';
import { checkBuilderArgs } from './stages/builder-args.ts';
import type { NeededImage } from './stages/origins.ts';
import { reachWith } from './stages/reach.ts';
import { resolveEpoch } from './stages/source-date-epoch.ts';
import { StageNames } from './stages/stage-names.ts';
import { checkFilter, collectStages, findTarget, type Stage } from './stages/stages.ts';

export type { NeededImage };

export type Plan =
  /** The configs of these images are needed (and were not in `images`); call again with them. */
  | { readonly kind: 'needs'; readonly images: readonly NeededImage[] }
  /** SOURCE_DATE_EPOCH is the time of `source`; call again with it in the options, by `withEpoch`. */
  | { readonly kind: 'needs epoch'; readonly source: RemoteSource }
  | { readonly kind: 'planned'; readonly graph: Graph };

/**
 * Plans the build of a Dockerfile's target. `images` maps the keys of needed images to their configs;
 * start with an empty map and call again until the answer is `planned`. (More than two rounds happen
 * only where ONBUILD triggers of a base name further images.)
 *
 * Throws BuildErrors with spans: E_FLAG_*, E_ARGUMENTS, E_MOUNT, E_EXPANSION, E_BASE_IMAGE, E_STAGE,
 * E_TARGET_NOT_FOUND, E_ONBUILD, E_HEREDOC, E_UNSUPPORTED, E_PLATFORM_INVALID, E_REFERENCE_INVALID. All
 * mistakes that can be found come at once, those of the parser too, and before any image is asked for.
 */
export function plan(
  parsed: ParseResult,
  given: PlanOptions,
  images: ReadonlyMap<string, ImageConfig>,
): Plan {
  const { ast } = parsed;
  const problems = new Problems();
  problems.attempt(() => checkBuilderArgs(given.buildArgs));
  for (const error of parsed.errors) problems.add(error);
  const { globals: declared, globalsKnown, stages } = collectStages(parsed, problems);
  const target = targetOf(stages, given, problems);
  if (target === undefined) return refuse(problems);
  problems.attempt(() => checkFilter(stages, given.noCacheStages ?? []));
  const targetName = given.target ?? target.from.name ?? 'default';
  const resolved = problems.attempt(() =>
    resolveEpoch(declared, {
      stages,
      globals: globalArgs(declared, given, targetName, ast.escape),
      options: given,
      escape: ast.escape,
    }),
  );
  if (resolved === undefined) return refuse(problems);
  const { globals, options, source } = resolved;
  const names = new StageNames(stages);
  const context = { stages, names, options, globals, globalsKnown, escape: ast.escape };
  const reached = reachWith(problems, [target], context, images);
  const single = stages.length === 1;
  const input = { reached, images, options, globals, globalsKnown, escape: ast.escape, single };
  if (problems.any || reached.missing.length > 0) {
    findProblems(input, problems);
    problems.throwIfAny();
    return { kind: 'needs', images: reached.missing };
  }
  if (source !== undefined) return { kind: 'needs epoch', source };
  return { kind: 'planned', graph: buildGraph(input) };
}

/** The target, or where there is none the last stage, so that the rest can be looked at. */
function targetOf(
  stages: readonly Stage[],
  options: PlanOptions,
  problems: Problems,
): Stage | undefined {
  if (stages.length === 0) return undefined;
  // A FROM that is wrong may have been meant to name the target.
  const noted = stages.some(({ unread }) => unread) ? new Problems() : problems;
  return noted.attempt(() => findTarget(stages, options.target)) ?? stages.at(-1);
}

function refuse(problems: Problems): never {
  problems.throwIfAny();
  throw new Error('planning stopped although nothing was wrong');
}
