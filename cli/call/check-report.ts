// What `--call=check` prints: text in buildx's form, JSON in that of BuildKit's subrequest.

import type { LintResult } from '../../builder/lint/lint.ts';
import type { Finding } from '../../builder/lint/rule.ts';
import type { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import { positionAt, type SourceText } from '../../core/source.ts';
import { logLine } from '../render/log-line.ts';
import { type Location, locationOf } from './location.ts';
import { numberedLines } from './numbered-lines.ts';

type Result = Pick<LintResult, 'findings' | 'errors'>;

/** Returns how many findings there are, and each with its lines. The errors are not in it. */
export function checkText({ findings, errors }: Result, source: SourceText): string {
  if (findings.length > 0) {
    const count = findings.length === 1 ? '1 warning has' : `${findings.length} warnings have`;
    const texts = inOrder(findings).map((finding) => `\n${findingText(finding, source)}`);
    return `Check complete, ${count} been found!\n${texts.join('')}`;
  }
  return errors.length > 0 ? '' : 'Check complete, no warnings found.\n';
}

/** Returns the object of `frontend.lint`; of several errors the first, as there is a place for one. */
export function checkJson({ findings, errors }: Result, source: SourceText): object {
  const [error] = errors;
  return {
    warnings: inOrder(findings).map(({ rule, message, lines }) => ({
      ruleName: rule.name,
      description: rule.description,
      ...(rule.url === undefined ? {} : { url: rule.url }),
      detail: message,
      location: locationOf(lines),
    })),
    sources: [
      {
        filename: source.name,
        data: nameToBytes(source.text).toString('base64'),
        language: 'Dockerfile',
      },
    ],
    ...(error === undefined ? {} : { buildError: errorJson(error) }),
  };
}

function findingText({ rule, message, lines }: Finding, source: SourceText): string {
  const page = rule.url ?? `docs/lint/${rule.name}.md`;
  return `WARNING: ${rule.name} - ${page}\n${logLine(message)}\n${numberedLines(source, lines)}`;
}

function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => a.lines.first - b.lines.first);
}

function errorJson({ message, span }: BuildError): { message: string; location: Location } {
  if (span === undefined) return { message, location: { ranges: [] } };
  const { source, start, end } = span;
  const first = positionAt(source, start).line;
  const last = positionAt(source, Math.max(start, end - 1)).line;
  return { message, location: locationOf({ first, last }) };
}
