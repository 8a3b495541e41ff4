// What a build says about its Dockerfile: what the reference would, as warnings, of the stages that the
// target needs. Where the Dockerfile asks for it, they end the build.

import { BuildError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { ParseResult } from '../../grammar/parse.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { BuildOptions } from '../options.ts';
import { lintParsed } from './lint.ts';
import { OWN_RULES } from './own-rules.ts';
import { REFERENCE_RULES } from './reference-rules.ts';
import type { Finding } from './rule.ts';

/**
 * Emits the findings; `images` are the configs that planning had. Returns the error that they are under
 * `error=true`. Throws E_USAGE where the build argument BUILDKIT_DOCKERFILE_CHECK is wrong.
 */
export function emitFindings(
  parsed: ParseResult,
  options: BuildOptions,
  images: ReadonlyMap<string, ImageConfig>,
  events: EventSink,
): BuildError | undefined {
  const { context } = options;
  const ignoreFile = context.kind === 'directory' ? context.ignoreFile : undefined;
  const { findings, findingsAreErrors } = lintParsed(parsed, {
    ...options,
    lastStageOnly: true,
    images,
    ignoreFile,
    rules: REFERENCE_RULES,
  });
  for (const { rule, message, span } of findings) {
    events({ event: 'warning', code: rule.name, message, span });
  }
  return findingsAreErrors ? findingsError(findings) : undefined;
}

/** Returns the error that the findings of the reference's rules are under `error=true`; undefined where there are none. */
export function findingsError(findings: readonly Finding[]): BuildError | undefined {
  const ofReference = findings.filter(
    ({ rule }) => !OWN_RULES.some(({ name }) => name === rule.name),
  );
  if (ofReference.length === 0) return undefined;
  const names = [...new Set(ofReference.map(({ rule }) => rule.name))].join(', ');
  return new BuildError('E_LINT', `findings of these rules are errors here: ${names}`, {
    hint: 'Mend what they say, or turn a rule off with # check=skip=RULE at the top.',
  });
}
