// Lints a Dockerfile in a test and writes down what was found.

import { type LintOptions, type LintResult, lint } from '../../../builder/lint/lint.ts';
import { REFERENCE_RULES } from '../../../builder/lint/reference-rules.ts';
import type { ImageConfig, RuntimeConfig } from '../../../image/model.ts';

/** Configs of images by name; the platform is that of the build unless the config has one. */
export type Bases = Readonly<Record<string, RuntimeConfig & Partial<ImageConfig>>>;

/** Lints by the reference's rules; the bases are looked up, as the command line does. */
export function lintText(text: string, options: LintOptions = {}, bases: Bases = {}): LintResult {
  const images = new Map<string, ImageConfig>();
  for (;;) {
    const source = { name: 'Dockerfile', text };
    const result = lint(source, { rules: REFERENCE_RULES, ...options, images });
    const found = result.missing.filter(({ reference }) => bases[reference] !== undefined);
    if (found.length === 0) return result;
    for (const { key, reference, platform } of found) {
      const { os, architecture, ...config } = bases[reference] ?? {};
      const made = { ...platform, ...(os && { os }), ...(architecture && { architecture }) };
      images.set(key, { ...made, config, rootfs: { type: 'layers', diff_ids: [] } });
    }
  }
}

/** `RULE:LINE` of each finding, the line being the one that the reference tells. */
export function found(text: string, options: LintOptions = {}, bases: Bases = {}): string[] {
  return lintText(text, options, bases).findings.map(
    ({ rule, lines }) => `${rule.name}:${lines.first}`,
  );
}

/** `RULE at "SPAN": MESSAGE` of each finding. */
export function told(text: string, options: LintOptions = {}, bases: Bases = {}): string[] {
  return lintText(text, options, bases).findings.map(({ rule, span, message }) => {
    return `${rule.name} at ${JSON.stringify(text.slice(span.start, span.end))}: ${message}`;
  });
}
