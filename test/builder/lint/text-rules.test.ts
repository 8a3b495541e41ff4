// Rules that look at the text alone: when each speaks up and when it does not. The facts are those of
// BuildKit's own tests (frontend/dockerfile/dockerfile_check_test.go), and what follows from how it decides.

import { table } from './rule-table.ts';

table('StageNameCasing', [
  { is: 'mixed case', text: ['FROM scratch AS BadStageName'], finds: [1] },
  { is: 'lower case', text: ['FROM scratch AS good_stage-1.x'] },
  { is: 'no name', text: ['FROM scratch'] },
]);

table('FromAsCasing', [
  { is: 'lower as under FROM', text: ['FROM scratch AS a', '', 'FROM scratch as b'], finds: [3] },
  { is: 'upper AS under from', text: ['from scratch AS base', 'from scratch as b'], finds: [1] },
  { is: 'mixed As', text: ['FROM scratch As base'], finds: [1] },
  {
    is: 'a mixed From is the matter of another rule',
    text: ['From scratch as base', 'FROM scratch AS base2'],
    finds: ['ConsistentInstructionCasing:1'],
  },
]);

table('NoEmptyContinuation', [
  {
    is: 'an empty line, told at the last line of the instruction',
    text: ['FROM scratch', '# comment', 'COPY Dockerfile \\', '', '.', 'COPY Dockerfile \\', '.'],
    finds: [5],
  },
  {
    is: 'several empty lines of one instruction are one finding',
    text: ['FROM scratch', 'LABEL a=1 \\', '', ' b=2 \\', '', '', ' c=3'],
    finds: [7],
  },
  {
    is: 'two instructions',
    text: ['FROM scratch \\', '', 'AS a', 'LABEL a=1 \\', ' ', 'b=2'],
    finds: [3, 6],
  },
  { is: 'a comment inside', text: ['FROM scratch', 'LABEL a=1 \\', '# b', ' c=3'] },
  { is: 'an empty line in a heredoc', text: ['FROM scratch', 'COPY <<A /a', '', 'A'] },
]);

table('ConsistentInstructionCasing', [
  {
    is: 'a mixed FROM beside an upper one',
    text: ['From scratch as base', 'FROM scratch AS b'],
    finds: [1],
  },
  {
    is: 'a mixed FROM beside a lower one',
    text: ['frOM scratch as base', 'from scratch as b'],
    finds: [1],
  },
  { is: 'a tie goes to upper case', text: ['FROM scratch', 'copy a /a'], finds: [2] },
  {
    is: 'one lower among upper ones',
    text: ['FROM scratch', '# comment', 'copy a /foo', 'COPY a /bar'],
    finds: [3],
  },
  {
    is: 'one upper among lower ones',
    text: ['from scratch', 'COPY a /foo', 'copy a /bar'],
    finds: [2],
  },
  { is: 'the FROM among upper ones', text: ['from scratch', 'COPY a /b', 'COPY a /c'], finds: [1] },
  { is: 'the FROM among lower ones', text: ['FROM scratch', 'copy a /b', 'copy a /c'], finds: [1] },
  { is: 'all lower', text: ['from scratch', 'copy a /foo', 'copy a /bar'] },
  { is: 'all upper', text: ['FROM scratch', 'COPY a /foo', 'COPY a /bar'] },
  { is: 'a heredoc is no instruction', text: ['FROM scratch', "RUN <<'EOT'", 'env', 'EOT'] },
  { is: 'ARG above the first FROM', text: ['arg a=1', 'arg b=1', 'FROM scratch'] },
  { is: 'the trigger of an ONBUILD', text: ['FROM scratch', 'ONBUILD run x'] },
  {
    is: 'mixed ones do not count',
    text: ['Arg a=1', 'from scratch', 'Copy a /', 'Copy a /'],
    finds: [3, 4],
  },
]);

table('DuplicateStageName', [
  { is: 'the second of two', text: ['FROM scratch AS b', 'FROM scratch AS b'], finds: [2] },
  {
    is: 'in another case',
    text: ['FROM scratch AS b', 'FROM scratch AS B'],
    finds: ['StageNameCasing:2', 2],
  },
  {
    is: 'every one but the first',
    text: ['FROM scratch AS b', 'FROM b AS b', 'FROM b AS b'],
    finds: [2, 3],
  },
  { is: 'different names', text: ['FROM scratch AS b1', 'FROM scratch AS b2'] },
]);

table('ReservedStageName', [
  {
    is: 'both of them',
    text: ['FROM scratch AS scratch', 'FROM scratch AS context'],
    finds: [1, 2],
  },
  {
    is: 'twice the same is a duplicate too',
    text: ['FROM scratch AS context', 'FROM scratch AS context'],
    finds: [1, 'ReservedStageName:2', 'DuplicateStageName:2'].sort(),
  },
  { is: 'as a base', text: ['FROM scratch', 'FROM scratch AS a'] },
]);

table('MaintainerDeprecated', [
  { is: 'MAINTAINER', text: ['FROM scratch', 'MAINTAINER me@example.org'], finds: [2] },
  { is: 'the label', text: ['FROM scratch', 'LABEL org.opencontainers.image.authors="me"'] },
]);

table('InvalidDefinitionDescription', [
  {
    is: 'the name comes first',
    text: [
      '# check=skip=all;experimental=InvalidDefinitionDescription',
      '# foo this is the foo',
      'ARG foo=bar',
      '',
      '# base this is the base image',
      'FROM scratch AS base',
      '',
      '# version this is the version number',
      'ARG version=latest',
      '',
      '# baz this is the baz',
      'ARG foo=baz bar=qux baz=quux',
      '#',
      'ARG bit=bat',
      '',
      '# comment for something other than ARG or FROM',
      'COPY Dockerfile .',
    ],
  },
  {
    is: 'the name does not come first',
    text: [
      '# check=experimental=InvalidDefinitionDescription',
      '# bar this is the bar',
      'ARG foo=bar',
      '# BasE this is the BasE image',
      'FROM scratch AS base',
      '# definitely a bad comment',
      'ARG version=latest',
      '# definitely a bad comment',
      'ARG foo=baz bar=qux baz=quux',
    ],
    finds: [3, 5, 7, 9],
  },
  {
    is: 'silent unless it is asked for',
    text: ['# bar', 'ARG foo', '# bar', 'FROM scratch AS base'],
  },
  {
    is: 'the last comment counts',
    text: ['# check=experimental=all', '# foo is it', '# more of it', 'ARG foo', 'FROM scratch'],
    finds: [4],
  },
  { is: 'a stage without a name', text: ['# check=experimental=all', '# comment', 'FROM scratch'] },
  {
    is: 'a check comment describes nothing',
    text: ['# check=experimental=all', 'FROM scratch', '# check=skip=UndefinedVar', 'ARG foo=$x'],
  },
]);
