// Fixes: after them the findings are gone, and the build is the same. Looked at over the samples, each also in a
// form that has slips of every kind that can be fixed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyFixes } from '../../../builder/lint/apply-fixes.ts';
import { fixAll } from '../../../builder/lint/fix-all.ts';
import { addInsteadOfCopy } from '../../../builder/lint/own/add-instead-of-copy.ts';
import type { Finding, Rule } from '../../../builder/lint/rule.ts';
import { RULES } from '../../../builder/lint/rules.ts';
import { allSamples } from '../../support/samples.ts';
import { planText } from '../plan/plan-text.ts';

const SAMPLES = allSamples().map(({ name, folder }) => ({
  name,
  text: readFileSync(join(folder, 'Dockerfile'), 'utf8'),
}));

/** Ways to write the same build with slips. */
const SLIPS: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['with a byte order mark', (text) => `\ufeff${text}`],
  ['with AS in lower case', (text) => text.replace(/^(FROM .*) AS /gm, '$1 as ')],
  ['with COPY in lower case', (text) => text.replace(/^COPY /gm, 'copy ')],
  ['with legacy ENV', (text) => text.replace(/^ENV (\w+)=(\w+)$/gm, 'ENV $1   $2')],
  ['with legacy values of several words', (text) => `${text}\nENV A b  "c"  d\nLABEL x y z\n`],
  ['with a protocol in capitals', (text) => `${text}\nEXPOSE 80/TCP 90/Udp\n`],
  ['with a blank line in a step', (text) => text.replace(/ \\\n/g, ' \\\n\n')],
  [
    'with capitals in names of stages',
    (text) => text.replace(/ AS (\w)/g, (all) => all.toUpperCase()),
  ],
];

/** Everything of a plan but places, and the case of keywords in the names of steps. */
function planned(text: string): string {
  const { graph } = planText(text);
  return JSON.stringify(graph, (key, value) =>
    /span$/i.test(key) ? undefined : key === 'name' ? String(value).toLowerCase() : value,
  );
}

const CASES = SAMPLES.flatMap(({ name, text }) =>
  SLIPS.map(([how, slip]) => ({ name, how, text: slip(text) })),
);

test.each(CASES)('$name $how', ({ text }) => {
  const rules = RULES.filter((rule) => rule !== addInsteadOfCopy);
  const { source, result, applied } = fixAll({ name: 'Dockerfile', text }, { rules });
  expect(result.errors).toEqual([]);
  expect(result.findings.filter(({ fix }) => fix.length > 0)).toEqual([]);
  expect(planned(source.text)).toBe(planned(text));
  expect(source.text.includes('\r')).toBe(text.includes('\r'));
  expect(source.text.startsWith('\ufeff')).toBe(text.startsWith('\ufeff'));
  if (applied.length === 0) expect(source.text).toBe(text);
});

test('the slips are found', () => {
  const found = CASES.map(({ text }) => fixAll({ name: 'Dockerfile', text }, {}).applied.length);
  expect(found.filter((count) => count > 0).length).toBeGreaterThan(CASES.length / 2);
});

const SOURCE = { name: 'Dockerfile', text: 'FROM a as b\n' };

/** A finding that puts `text` in the place of each range. */
function finding(
  ...edits: readonly (readonly [start: number, end: number, text: string])[]
): Finding {
  const at = (start: number, end: number) => ({ source: SOURCE, start, end });
  return {
    rule: {
      name: 'R',
      description: '',
      url: undefined,
      experimental: false,
      check: () => [],
    } satisfies Rule,
    message: '',
    span: at(0, 0),
    lines: { first: 1, last: 1 },
    fix: edits.map(([start, end, text]) => ({ span: at(start, end), text })),
  };
}

test('edits of several findings are made in one go, whatever their order', () => {
  const { text, applied } = applyFixes(SOURCE, [
    finding([7, 9, 'AS']),
    finding([0, 4, 'from'], [5, 6, 'z']),
  ]);
  expect(text).toBe('from z AS b\n');
  expect(applied).toHaveLength(2);
});

test('a finding whose edit touches an earlier one waits, with all of its edits', () => {
  const waiting = finding([0, 4, 'from'], [8, 9, 'S']);
  const { text, applied } = applyFixes(SOURCE, [finding([7, 9, 'AS']), waiting]);
  expect(text).toBe('FROM a AS b\n');
  expect(applied).not.toContain(waiting);
});

test('rules that undo each other come to an end', () => {
  const swap = (from: string, to: string): Rule => ({
    ...finding().rule,
    *check({ ast }) {
      const [at] = ast.instructions;
      if (at?.kind !== 'from' || at.image.text !== from) return;
      yield { at, message: '', span: at.image.span, fix: [{ span: at.image.span, text: to }] };
    },
  });
  const { applied } = fixAll(SOURCE, { rules: [swap('a', 'c'), swap('c', 'a')] });
  expect(applied).toHaveLength(10);
});
