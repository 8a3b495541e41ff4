// AST -> build graph: the entry of planning. Pure: reads no file, runs nothing, knows base images only
// by their configs, which the caller fetches and hands in on the next call.

import type { Warning } from '../../core/events.ts';
import type { DockerfileAst } from '../../grammar/ast.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { Graph } from './graph.ts';
import type { PlanOptions } from './plan-options.ts';
import { buildGraph } from './planner.ts';
import { globalArgs } from './stages/build-args.ts';
import type { NeededImage } from './stages/origins.ts';
import { reach } from './stages/reach.ts';
import { findTarget, readStages } from './stages/stages.ts';
import { structureWarnings } from './warnings.ts';

export type { NeededImage };

export type Plan =
  /** The configs of these images are needed (and were not in `images`); call again with them. */
  | { readonly kind: 'needs'; readonly images: readonly NeededImage[] }
  | { readonly kind: 'planned'; readonly graph: Graph; readonly warnings: readonly Warning[] };

/**
 * Plans the build of a Dockerfile's target. `images` maps the keys of needed images to their configs;
 * start with an empty map and call again until the answer is `planned`. (More than two rounds happen
 * only where ONBUILD triggers of a base name further images.)
 *
 * Throws BuildErrors with spans: E_FLAG_*, E_ARGUMENTS, E_MOUNT, E_EXPANSION, E_BASE_IMAGE, E_STAGE,
 * E_TARGET_NOT_FOUND, E_ONBUILD, E_HEREDOC, E_UNSUPPORTED, E_PLATFORM_INVALID, E_REFERENCE_INVALID.
 */
export function plan(
  ast: DockerfileAst,
  options: PlanOptions,
  images: ReadonlyMap<string, ImageConfig>,
): Plan {
  const { globals: declared, stages } = readStages(ast);
  const target = findTarget(stages, options.target);
  const targetName = options.target ?? target.from.name ?? 'default';
  const globals = globalArgs(declared, options, targetName, ast.escape);
  const reached = reach([target], { stages, options, globals, escape: ast.escape }, images);
  if (reached.missing.length > 0) return { kind: 'needs', images: reached.missing };
  const single = stages.length === 1;
  const graph = buildGraph({ reached, images, options, globals, escape: ast.escape, single });
  return { kind: 'planned', graph, warnings: structureWarnings(ast, stages) };
}
