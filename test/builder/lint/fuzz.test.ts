// Random Dockerfiles, right ones and wrong ones: lint ends, points into the text, knows every mistake that
// planning knows, and its edits change nothing in the image.

import { expect, it } from 'vitest';
import { fixAll } from '../../../builder/lint/fix-all.ts';
import { type LintResult, lint } from '../../../builder/lint/lint.ts';
import { REFERENCE_RULES } from '../../../builder/lint/reference-rules.ts';
import { plan } from '../../../builder/plan/plan.ts';
import { isBuildError } from '../../../core/errors.ts';
import type { SourceText } from '../../../core/source.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import type { ImageConfig } from '../../../image/model.ts';
import { generateDockerfile } from '../../grammar/fuzz/generate.ts';
import { mutate } from '../../grammar/fuzz/mutate.ts';
import { seededRandom } from '../../support/seed.ts';
import { DEFAULTS } from '../plan/plan-text.ts';

it('any text is linted, and mended without harm', { timeout: 60_000 }, () => {
  const random = seededRandom('lint fuzz');
  const seen = { findings: 0, errors: 0, edits: 0 };
  for (let i = 0; i < 1000; i++) {
    const generated = generateDockerfile(random);
    const text = random.int(2) === 0 ? generated : mutate(generated, random);
    const source = { name: 'Dockerfile', text };
    try {
      checkPlaces(lint(source), source);
      const images = imagesOf(source);
      const result = lint(source, { images });
      checkPlaces(result, source);
      checkErrors(result, planned(source, images));
      seen.findings += result.findings.length;
      seen.errors += result.errors.length;
      seen.edits += checkEdits(source, images);
    } catch (error) {
      throw new Error(`input ${i} of seed ${random.seed}: ${JSON.stringify(text)}`, {
        cause: error,
      });
    }
  }
  expect(Math.min(seen.findings, seen.errors, seen.edits)).toBeGreaterThan(10);
});

function checkPlaces({ findings }: LintResult, source: SourceText): void {
  let before = 0;
  for (const { rule, span, lines, fix } of findings) {
    for (const { start, end, source: within } of [span, ...fix.map((edit) => edit.span)]) {
      if (within !== source || start < 0 || end < start || end > source.text.length) {
        throw new Error(`${rule.name} points to ${start} to ${end}`);
      }
    }
    if (span.start < before || lines.first < 1 || lines.last < lines.first) {
      throw new Error(`${rule.name} is in lines ${lines.first} to ${lines.last}`);
    }
    before = span.start;
  }
}

/** Of these lint says nothing where an argument without a default may mend them. */
const OPEN = ['E_BASE_IMAGE', 'E_REFERENCE_INVALID', 'E_PLATFORM_INVALID'];

/** What planning refuses, lint refuses; it looks at more, and may know more mistakes. */
function checkErrors({ errors }: LintResult, refused: unknown): void {
  if (!isBuildError(refused)) return;
  const known = new Set(errors.map(({ message }) => message));
  for (const { code, message } of [refused, ...refused.others]) {
    if (!known.has(message) && known.size < 100 && !OPEN.includes(code))
      throw new Error(`lint does not know: ${message}`);
  }
}

/** Returns how many edits were made. */
function checkEdits(source: SourceText, images: Images): number {
  const fixed = fixAll(source, { rules: REFERENCE_RULES, images });
  const before = planned(source, images);
  if (isBuildError(before)) return 0;
  expect(planned(fixed.source, images)).toEqual(before);
  return fixed.applied.length;
}

type Images = Map<string, ImageConfig>;

/** Images for all that lint asks for. */
function imagesOf(source: SourceText): Images {
  const images: Images = new Map();
  for (;;) {
    const { missing } = lint(source, { images, rules: [] });
    if (missing.length === 0) return images;
    for (const { key, platform } of missing) {
      const rootfs = { type: 'layers', diff_ids: [] } as const;
      images.set(key, { ...platform, config: { Env: ['HOME=/root'] }, rootfs });
    }
  }
}

/** All that an image is made of, or why there can be none. */
function planned(source: SourceText, images: Images): unknown {
  try {
    const result = plan(parseWithErrors(source), DEFAULTS, images);
    return result.kind === 'planned' ? withoutPlaces(result.graph) : result;
  } catch (error) {
    if (isBuildError(error)) return error;
    throw error;
  }
}

/** Leaves out spans, and the names of steps, which show the text as it was written. */
function withoutPlaces(graph: unknown): unknown {
  const drop = (key: string, value: unknown) =>
    key === 'span' || key === 'userSpan' || key === 'name' ? undefined : value;
  return JSON.parse(JSON.stringify(graph, drop));
}
