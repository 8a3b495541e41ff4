// What lint says of a Dockerfile: the entry for a build, for the command line and for programs that embed
// slipway. Pure: reads no file, opens no store, asks no registry. What only the config of a base image
// can tell is left unsaid until the caller hands that config in.

import { type BuildError, isBuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { type Position, positionAt, type SourceText } from '../../core/source.ts';
import { type ParseResult, parseWithErrors } from '../../grammar/parse.ts';
import type { ImageConfig, Platform } from '../../image/model.ts';
import { instructionLines, type Lines } from '../describe/instruction-lines.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { waitsForArgument } from '../plan/stages/open-arguments.ts';
import type { NeededImage } from '../plan/stages/origins.ts';
import type { Finding, Remark, Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { type CheckSettings, checkSettings, hearing } from './settings.ts';
import { readSubject } from './subject.ts';

/** All of a build's options that lint reads have the defaults of a build for linux/amd64. */
export interface LintOptions {
  readonly buildArgs?: PlanOptions['buildArgs'];
  readonly namedContexts?: PlanOptions['namedContexts'];
  readonly platform?: PlanOptions['platform'];
  readonly buildPlatform?: PlanOptions['buildPlatform'];
  readonly sourceDateEpoch?: PlanOptions['sourceDateEpoch'];
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
  /**
   * Why the Dockerfile cannot be built, whatever arguments are given, in the order of the file; rules say nothing of
   * what only follows from them.
   */
  readonly errors: readonly BuildError[];
  /** True where `error=true` is set: a build with findings of the reference's rules fails. */
  readonly findingsAreErrors: boolean;
  /** Base images whose configs would tell more: look them up and call again. */
  readonly missing: readonly NeededImage[];
}

/** Lints the text of a Dockerfile. Throws E_USAGE where the build argument BUILDKIT_DOCKERFILE_CHECK is wrong, and nothing else. */
export function lint(source: SourceText, options: LintOptions = {}): LintResult {
  return lintParsed(parseWithErrors(source), options);
}

/** Lints a Dockerfile that was parsed already. Throws as `lint`. */
export function lintParsed(parsed: ParseResult, options: LintOptions = {}): LintResult {
  const settings = readSettings(parsed, options);
  const complete = withDefaults(options);
  const { subject, errors: all, missing } = readSubject(parsed, complete);
  const errors = all.filter((error) => !waitsForArgument(error, parsed.ast, complete.buildArgs));
  if (isBuildError(settings)) {
    return { findings: [], errors: [settings, ...errors], findingsAreErrors: false, missing };
  }
  const isHeard = hearing(settings);
  const findings = (options.rules ?? RULES).flatMap((rule) =>
    [...rule.check(subject)]
      .filter(({ at, or }) => isHeard(rule, at) && isHeard(rule, or ?? at))
      .map((remark) => findingOf(rule, remark)),
  );
  findings.sort((a, b) => a.span.start - b.span.start);
  return { findings, errors, findingsAreErrors: settings.error, missing };
}

/** Messages quote the Dockerfile, which may hold a megabyte in one word. */
const MAX_MESSAGE = 400;

function findingOf(rule: Rule, { at, told, message, span, fix }: Remark): Finding {
  const lines = told === undefined ? instructionLines(at) : oneLine(positionAt(span.source, told));
  return { rule, message: safeText(message, MAX_MESSAGE), span, lines, fix: fix ?? [] };
}

function oneLine({ line }: Position): Lines {
  return { first: line, last: line };
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

/** A wrong directive is an error of the Dockerfile as others are. */
function readSettings(
  { ast }: ParseResult,
  { buildArgs }: LintOptions,
): CheckSettings | BuildError {
  try {
    return checkSettings(ast, buildArgs ?? new Map());
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_DIRECTIVE') return error;
    throw error;
  }
}
