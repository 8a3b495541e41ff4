// docs/lint against the rules: each has a page, and its examples say what they are said to say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REFERENCE_RULES } from '../../../builder/lint/reference-rules.ts';
import { RULES } from '../../../builder/lint/rules.ts';
import { type Bases, found, lintText } from './found.ts';
import { rulePage } from './rule-page.ts';

/** What the pages tell of their base images. */
const BASES: Bases = {
  'example.com/tool:arm64': { os: 'linux', architecture: 'arm64' },
  'example.com/tool:multi': {},
};

describe.each(REFERENCE_RULES.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  const page = rulePage(name);
  const options = { ignoreFile: page?.ignoreFile };

  it('has a page with its name and a way out', () => {
    expect(page?.title).toBe(name);
    expect(page?.isExperimental).toBe(rule.experimental);
    expect(page?.fix?.length).toBeGreaterThan(20);
  });

  it('says something, and nothing else does, to the first example', () => {
    const findings = found(page?.found ?? '', options, BASES).map((each) => each.split(':')[0]);
    expect([...new Set(findings)]).toEqual([name]);
  });

  it('says nothing to the better one, nor does any other rule', () => {
    expect(page?.better).toBeDefined();
    expect(found(page?.better ?? '', options, BASES)).toEqual([]);
  });

  it('makes edits where the page says so, and only there', () => {
    const { findings } = lintText(page?.found ?? '', options, BASES);
    const edits = findings.filter((finding) => finding.rule === rule && finding.fix.length > 0);
    expect(edits.length > 0).toBe(page?.fix?.includes('`slipway lint --fix` does it'));
  });
});

it('the list has a row for each of the rules, and no other', () => {
  const list = readFileSync(join(import.meta.dirname, '../../../docs/lint/README.md'), 'utf8');
  const rows = [...list.matchAll(/^\| \[(\w+)\]\(\1\.md\) \| (.+) \|$/gm)].map(
    ([, name, description]) => `${name}: ${description}`,
  );
  expect(rows).toEqual(
    RULES.map(({ name, description, experimental }) => {
      return `${name}: ${description}${experimental ? ' (experimental)' : ''}`;
    }),
  );
});
