// What lint says of a Dockerfile: the entry for a build, for the command line and for programs that embed
// slipway. Pure: reads no file, opens no store, asks no registry. What only the config of a base image
// can tell is left unsaid until the caller hands that config in.

import type { BuildError } from '../../core/errors.ts';
import { isBuildError } from '../../core/errors.ts';
import type { SourceText } from '../../core/source.ts';
import type { DockerfileAst } from '../../grammar/ast.ts';
import { parse } from '../../grammar/parse.ts';
import type { ImageConfig, Platform } from '../../image/model.ts';
import { instructionLines } from '../describe/instruction-lines.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import type { NeededImage } from '../plan/stages/origins.ts';
import type { Finding, Remark, Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { checkSettings, isHeard } from './settings.ts';
import { readSubject } from './subject.ts';

export interface LintOptions
  extends Partial<
    Pick<
      PlanOptions,
      'namedContexts' | 'buildArgs' | 'platform' | 'buildPlatform' | 'sourceDateEpoch'
    >
  > {
  /** Looks at this stage and at what it needs only; at every stage without it. */
  readonly target?: string | undefined;
  /** Looks at the last stage and what it needs only, as a build without a target does. */
  readonly lastStageOnly?: boolean;
  /** The ignore file of the main context, for CopyIgnoredFile. */
  readonly ignoreFile?: SourceText | undefined;
  /** The configs of base images, by the keys of `missing`. */
  readonly images?: ReadonlyMap<string, ImageConfig>;
  /** All rules without it. */
  readonly rules?: readonly Rule[];
}

export interface LintResult {
  /** In the order of the file. */
  readonly findings: readonly Finding[];
  /** Why the Dockerfile cannot be built. What stands below the first of them may not have been looked at. */
  readonly errors: readonly BuildError[];
  /** True where `error=true` is set: a build with findings fails. */
  readonly error: boolean;
  /** Base images whose configs would tell more: look them up and call again. */
  readonly missing: readonly NeededImage[];
}

/** Lints the text of a Dockerfile. Throws E_USAGE where the build argument BUILDKIT_DOCKERFILE_CHECK is wrong, and nothing else. */
export function lint(source: SourceText, options: LintOptions = {}): LintResult {
  const parsed = orError(() => parse(source));
  if (isBuildError(parsed)) return { findings: [], errors: [parsed], error: false, missing: [] };
  return lintAst(parsed, options);
}

/** Lints a parsed Dockerfile. Throws as `lint`. */
export function lintAst(ast: DockerfileAst, options: LintOptions = {}): LintResult {
  const settings = orError(() => checkSettings(ast, options.buildArgs ?? new Map()));
  if (isBuildError(settings)) {
    if (settings.code === 'E_USAGE') throw settings;
    return { findings: [], errors: [settings], error: false, missing: [] };
  }
  const { subject, errors, missing } = readSubject(ast, withDefaults(options));
  const findings = (options.rules ?? RULES).flatMap((rule) =>
    [...rule.check(subject)]
      .filter(({ at, or }) => isHeard(rule, settings, at) && isHeard(rule, settings, or ?? at))
      .map((remark) => findingOf(rule, remark)),
  );
  findings.sort((a, b) => a.span.start - b.span.start);
  return { findings, errors, error: settings.error, missing };
}

function findingOf(rule: Rule, { at, message, span, lines, fix }: Remark): Finding {
  return { rule, message, span, lines: lines ?? instructionLines(at), fix: fix ?? [] };
}

const ANY_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' };

function withDefaults(options: LintOptions) {
  const platform = options.platform ?? ANY_PLATFORM;
  return {
    namedContexts: options.namedContexts ?? new Map<string, string>(),
    buildArgs: options.buildArgs ?? new Map<string, string>(),
    labels: new Map<string, string>(),
    platform,
    buildPlatform: options.buildPlatform ?? platform,
    network: 'default' as const,
    sourceDateEpoch: options.sourceDateEpoch,
    target: options.target,
    lastStageOnly: options.lastStageOnly ?? false,
    ignoreFile: options.ignoreFile,
    images: options.images ?? new Map<string, ImageConfig>(),
  };
}

function orError<T>(work: () => T): T | BuildError {
  try {
    return work();
  } catch (error) {
    if (isBuildError(error)) return error;
    throw error;
  }
}
