// Fixes -> new text. Every character that no edit names stays as it is: byte order mark, line ends, and bytes
// that are no UTF-8.

import type { SourceText } from '../../core/source.ts';
import type { Edit, Finding } from './rule.ts';

export interface Fixed {
  readonly text: string;
  /** The findings whose edits were made. */
  readonly applied: readonly Finding[];
}

/**
 * Makes the edits of the findings, which must be of `source`, in the order of the file. A finding's edits are
 * made all or not at all; one that touches what an earlier one has edited has to wait for the next time.
 */
export function applyFixes(source: SourceText, findings: readonly Finding[]): Fixed {
  const applied: Finding[] = [];
  const accepted: Edit[] = [];
  for (const finding of findings) {
    if (finding.fix.length === 0 || finding.fix.some((edit) => touchesAny(edit, accepted)))
      continue;
    applied.push(finding);
    accepted.push(...finding.fix);
  }
  accepted.sort((a, b) => a.span.start - b.span.start);
  let text = '';
  let at = 0;
  for (const { span, text: replacement } of accepted) {
    text += source.text.slice(at, span.start) + replacement;
    at = span.end;
  }
  return { text: text + source.text.slice(at), applied };
}

function touchesAny({ span }: Edit, others: readonly Edit[]): boolean {
  return others.some((other) => span.start <= other.span.end && other.span.start <= span.end);
}
