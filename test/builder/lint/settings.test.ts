// Which findings are heard: the directive, the build argument, and comments above instructions.

import { describe, expect, it } from 'vitest';
import { isBuildError } from '../../../core/errors.ts';
import { found, lintText } from './found.ts';
import { buildArgs } from './rule-table.ts';

const TWO = 'FROM scratch as base\ncopy Dockerfile .\n';
const BOTH = ['FromAsCasing:2', 'ConsistentInstructionCasing:3'];

describe('the directive', () => {
  it.each([
    ['#check=skip=all', []],
    ['# check=skip=all;error=true', []],
    ['# check=skip=ConsistentInstructionCasing,FromAsCasing', []],
    ['# check = skip=ConsistentInstructionCasing,FromAsCasing', []],
    ['# check=skip=ConsistentInstructionCasing', ['FromAsCasing:2']],
    ['# CHECK=skip=ConsistentInstructionCasing;error=true', ['FromAsCasing:2']],
    ['# check=error=true;skip=FromAsCasing', ['ConsistentInstructionCasing:3']],
    ['# check=skip=ConsistentInstructionCasing // FromAsCasing too', ['FromAsCasing:2']],
    ['# check=skip=fromascasing', BOTH],
    ['# check=experimental=all', BOTH],
    ['# nothing', BOTH],
    ['#\n# check=skip=all', ['FromAsCasing:3', 'ConsistentInstructionCasing:4']],
  ])('%j', (line, findings) => {
    const below = line.includes('\n') ? '#\n' : '';
    const shifted = findings.map((each) =>
      below ? each.replace(/\d+$/, (n) => String(Number(n) + 1)) : each,
    );
    expect(found(`${line}\n${below}${TWO}`)).toEqual(shifted);
  });

  it.each([
    ['skip', 'the directive check: "skip" has no value'],
    ['skip=A;', 'the directive check: "" has no value'],
    ['skipp=A', 'the directive check: there is no option "skipp"'],
    ['error=yes', 'the directive check: error is true or false, not "yes"'],
  ])('check=%s is an error of the Dockerfile', (value, message) => {
    const text = `# check=${value}\nFROM scratch`;
    const { errors, findings } = lintText(text);
    expect(findings).toEqual([]);
    expect(errors).toMatchObject([
      {
        code: 'E_DIRECTIVE',
        message,
        hint: 'Write it as skip=RULE,RULE;error=true;experimental=RULE, or skip=all.',
        span: { start: 0, end: text.indexOf('\n') },
      },
    ]);
  });

  it('says whether findings are errors', () => {
    expect(lintText(`# check=error=true\n${TWO}`).findingsAreErrors).toBe(true);
    expect(lintText(`# check=error=F\n${TWO}`).findingsAreErrors).toBe(false);
    expect(lintText(TWO).findingsAreErrors).toBe(false);
  });
});

describe('the build argument', () => {
  it('stands in place of the directive', () => {
    const given = buildArgs({ BUILDKIT_DOCKERFILE_CHECK: 'skip=FromAsCasing;error=true' });
    expect(found(`# check=skip=all\n${TWO}`, given)).toEqual(['ConsistentInstructionCasing:3']);
    expect(lintText(`# check=skip=all\n${TWO}`, given).findingsAreErrors).toBe(true);
    const empty = buildArgs({ BUILDKIT_DOCKERFILE_CHECK: '' });
    expect(found(`# check=skip=all;error=true\n${TWO}`, empty)).toEqual(BOTH);
  });

  it('is refused where it is wrong', () => {
    const given = buildArgs({ BUILDKIT_DOCKERFILE_CHECK: 'all' });
    const thrown = (() => {
      try {
        return lintText(TWO, given);
      } catch (error) {
        return error;
      }
    })();
    expect(isBuildError(thrown) && `${thrown.code} ${thrown.message}`).toBe(
      'E_USAGE --build-arg BUILDKIT_DOCKERFILE_CHECK: "all" has no value',
    );
  });
});

describe('a comment above an instruction', () => {
  it('holds for that instruction', () => {
    const text = [
      '# comment',
      'FROM scratch',
      '# check=skip=SecretsUsedInArgOrEnv // allow it here',
      'ENV password=bar',
      'ENV password=bar',
      '# check=skip=all // is local to only this instruction',
      'ARG password',
      '# about the password',
      '# check=',
      '# check=skip=SecretsUsedInArgOrEnv',
      '# check=skip=all is not read: only the first counts',
      'ARG password=$x',
    ];
    expect(found(text.join('\n'))).toEqual(['SecretsUsedInArgOrEnv:5', 'UndefinedVar:12']);
  });

  it.each([
    ['# check=skip=MaintainerDeprecated', 'MAINTAINER me'],
    ['# check=skip=JSONArgsRecommended', 'CMD x'],
    ['# check=skip=WorkdirRelativePath', 'WORKDIR x'],
    ['# check=skip=LegacyKeyValueFormat', 'LABEL a b'],
    ['# check=skip=RedundantTargetPlatform', 'FROM --platform=$TARGETPLATFORM scratch'],
    ['# check=skip=DuplicateStageName', 'FROM scratch AS a'],
    ['# check=skip=NoEmptyContinuation', 'LABEL a=1 \\\n\n b=2'],
  ])('%s', (comment, instruction) => {
    expect(found(`# a\nFROM scratch AS a\n${comment}\n${instruction}`)).toEqual([]);
    expect(found(`# a\nFROM scratch AS a\n${instruction}`)).toHaveLength(1);
  });

  it('silences the earlier of two by a comment above either', () => {
    const text = 'FROM scratch\nCMD ["a"]\nCMD ["b"]\n';
    const comment = '# check=skip=MultipleInstructionsDisallowed\n';
    expect(found(text)).toEqual(['MultipleInstructionsDisallowed:2']);
    expect(found(text.replace('CMD', `${comment}CMD`))).toEqual([]);
    expect(found(text.replace('CMD ["b"]', `${comment}CMD ["b"]`))).toEqual([]);
  });

  it('turns experimental rules on, and neither switches errors nor stops a build', () => {
    const text =
      'FROM scratch\n# it\n# check=experimental=InvalidDefinitionDescription;error=true\nARG a';
    expect(found(text)).toEqual(['InvalidDefinitionDescription:4']);
    expect(lintText(text).findingsAreErrors).toBe(false);
    expect(found('FROM scratch\n# check=nonsense\nCMD x')).toEqual(['JSONArgsRecommended:3']);
  });
});

it('skip does not turn off experimental rules that are on', () => {
  const text = '# check=skip=all;experimental=all\n# it\nARG a\nFROM scratch as b';
  expect(found(text)).toEqual(['InvalidDefinitionDescription:3']);
});
