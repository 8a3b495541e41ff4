// What `slipway lint` prints: findings with place and carets, or one object of JSON.

import type { LintResult } from '../../builder/lint/lint.ts';
import type { Finding } from '../../builder/lint/rule.ts';
import { formatPlace, positionAt, type SourceText, type Span } from '../../core/source.ts';
import { errorToJson } from '../error-to-json.ts';
import { printable } from '../printable.ts';
import { excerpt, numberWidth } from './excerpt.ts';

/** Returns what was fixed, what was found, and how much that is. */
export function lintText(
  source: SourceText,
  applied: readonly Finding[],
  { findings, errors }: LintResult,
): string {
  const fixed = applied.map(({ rule, message, span }) => {
    return `fixed[${rule.name}]: ${formatPlace(span)}: ${message}\n`;
  });
  const texts = [fixed.join(''), ...findings.map(findingText)].filter((text) => text !== '');
  if (errors.length === 0 || findings.length > 0) texts.push(summary(source, findings));
  return printable(texts.join('\n'));
}

/** Returns the same for programs. Lines and columns start at 1; an end is the place after the last character. */
export function lintJson(
  source: SourceText,
  applied: readonly Finding[],
  { findings, errors }: LintResult,
): object {
  return {
    file: source.name,
    findings: findings.map(findingJson),
    fixed: applied.map(findingJson),
    errors: errors.flatMap((error) => [error, ...error.others]).map(errorToJson),
  };
}

function findingText({ rule, message, span, fix }: Finding): string {
  const margin = ' '.repeat(numberWidth(span) + 1);
  const notes = [`see ${pageOf(rule)}`, ...(fix.length > 0 ? ['--fix mends it'] : [])];
  return [
    `warning[${rule.name}]: ${message.replaceAll('\n', ' ')}`,
    ...excerpt(span),
    `${margin}= ${notes.join('; ')}`,
    '',
  ].join('\n');
}

function summary({ name }: SourceText, findings: readonly Finding[]): string {
  const fixable = findings.filter(({ fix }) => fix.length > 0).length;
  const count = findings.length === 1 ? '1 warning' : `${findings.length || 'no'} warnings`;
  return `${name}: ${count}${fixable === 0 ? '' : `, ${fixable} of which --fix mends`}\n`;
}

function pageOf({ name }: Finding['rule']): string {
  return `docs/lint/${name}.md`;
}

function findingJson({ rule, message, span, fix }: Finding): object {
  const { name } = rule;
  return { rule: name, message, ...rangeJson(span), page: pageOf(rule), fixable: fix.length > 0 };
}

function rangeJson({ source, start, end }: Span): object {
  const from = positionAt(source, start);
  const to = positionAt(source, end);
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
