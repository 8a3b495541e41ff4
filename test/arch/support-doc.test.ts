// docs/support.md against the code: what it lists is what there is, no more and no less.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { declareBuildFlags } from '../../cli/flags/build-flags.ts';
import { parseOutput } from '../../cli/flags/output.ts';
import { peerFlagHint } from '../../cli/peer-flags.ts';
import { isBuildError } from '../../core/errors.ts';
import { KEYWORDS } from '../../grammar/keywords.ts';
import { planRefusal } from '../builder/plan/plan-text.ts';
import { ROOT } from './source-tree.ts';

const PAGE = readFileSync(join(ROOT, 'docs/support.md'), 'utf8');

/** Something of each instruction that has a wrong flag and nothing else wrong. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  ENV: 'a=b',
  LABEL: 'a=b',
  ADD: 'a /b',
  COPY: 'a /b',
  EXPOSE: '80',
  SHELL: '["a"]',
  ONBUILD: 'RUN a',
  HEALTHCHECK: 'CMD a',
  STOPSIGNAL: '9',
};

test('every instruction has a line, with the flags that it knows', () => {
  const documented = [...section('## Instructions').matchAll(/^\| ([A-Z]+) \| (.*) \|$/gm)];
  expect(documented.map(([, name]) => name)).toEqual(Object.keys(KEYWORDS).sort());
  for (const [, name = '', flags = ''] of documented) {
    expect(flagsIn(flags), name).toEqual(knownFlags(name));
  }
});

test('the types and options of RUN --mount', () => {
  const documented = codes(/`RUN --mount` takes[^.]*\./.exec(PAGE)?.[0] ?? '').slice(1);
  const types = planRefusal('FROM scratch\nRUN --mount=type=none a\n');
  const [, known = ''] = /It is one of ([^.]*)\./.exec(types) ?? [];
  expect(documented.slice(0, 5)).toEqual(known.split(', '));
  for (const option of documented.slice(5)) {
    const said = planRefusal(`FROM scratch\nRUN --mount=target=/t,${option}=1 a\n`);
    expect(said, option).not.toContain('has no option');
  }
  const source = readFileSync(join(ROOT, 'builder/plan/instructions/mount-options.ts'), 'utf8');
  const [, keys = ''] = /const KEYS = \[([^\]]*)\]/.exec(source) ?? [];
  const [, aliases = ''] = /const ALIASES[^{]*\{([^}]*)\}/.exec(source) ?? [];
  const all = [...keys.matchAll(/'(\w+)'/g), ...aliases.matchAll(/(\w+):/g)];
  expect(documented.slice(5)).toEqual(all.map(([, option]) => option));
});

test('the flags of slipway build, and those of others that it refuses', () => {
  const [supported = '', refused = ''] = section('## Flags of').split('Refused with E_USAGE');
  const command = new Command();
  declareBuildFlags(command);
  expect(flagsIn(supported)).toEqual(command.options.map(({ long }) => long ?? '').sort());
  const others = flagsIn(refused.split('Refused with E_UNSUPPORTED')[0] ?? '');
  for (const flag of others) expect(peerFlagHint(flag), flag).toBeDefined();
  const source = readFileSync(join(ROOT, 'cli/peer-flags.ts'), 'utf8');
  expect(others).toEqual([...source.matchAll(/\['(--[a-z-]+)'/g)].map(([, flag]) => flag).sort());
});

test('the outputs and their keys', () => {
  const documented = [...section('## Outputs').matchAll(/^\| `(\w+)` \| (.*?) \|/gm)];
  expect(documented.map(([, type]) => type).join(', ')).toBe(
    /the types are (.*)/.exec(refusal('type=zzzzzz'))?.[1],
  );
  for (const [, type, keys = ''] of documented) {
    const [, known = ''] = /its keys are (.*)/.exec(refusal(`type=${type},zzzzzz=1`)) ?? [];
    expect(codes(keys), type).toEqual(known.split(', '));
  }
});

function section(title: string): string {
  const [, rest = ''] = PAGE.split(`\n${title}`);
  return rest.split('\n## ')[0] ?? '';
}

function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function flagsIn(text: string): string[] {
  return codes(text).filter((code) => /^--[a-z-]+$/.test(code));
}

function knownFlags(name: string): string[] {
  const from = name === 'FROM' ? '' : 'FROM scratch\n';
  const said = planRefusal(`${from}${name} --zzzzzz=1 ${ARGUMENTS[name] ?? 'scratch'}\n`);
  expect(said, name).toContain('has no flag --zzzzzz');
  const [, known = ''] = /It knows ([^)]*)\./.exec(said) ?? [];
  return known === '' ? [] : known.split(', ').sort();
}

function refusal(output: string): string {
  try {
    parseOutput(output, []);
    return '';
  } catch (error) {
    return isBuildError(error) ? (error.hint ?? '') : '';
  }
}
