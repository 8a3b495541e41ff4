import { expect, test } from 'vitest';
import { listTargets } from '../../../builder/describe/targets.ts';
import { thrownBy } from './thrown-by.ts';

const list = (text: string) => listTargets({ name: 'Dockerfile', text });

test('stages in order, the last one the default, each with what its comment says of it', () => {
  const text = `# syntax=docker/dockerfile:1
# compile makes the binary
FROM --platform=$BUILDPLATFORM golang:$GO AS Compile

# compile is not this one
FROM scratch

# release what is shipped

# of it
FROM compile \\
  AS release
`;
  expect(list(text)).toEqual([
    {
      name: 'compile',
      isDefault: false,
      description: 'makes the binary',
      base: 'golang:$GO',
      platform: '$BUILDPLATFORM',
      lines: { first: 3, last: 3 },
    },
    {
      name: '',
      isDefault: false,
      description: '',
      base: 'scratch',
      platform: '',
      lines: { first: 6, last: 6 },
    },
    {
      name: 'release',
      isDefault: true,
      description: 'what is shipped',
      base: 'compile',
      platform: '',
      lines: { first: 11, last: 12 },
    },
  ]);
});

test('an empty comment line begins the description anew', () => {
  expect(list('# a is old\n#\n# a is new\nFROM scratch AS a\n')[0]?.description).toBe('is new');
  expect(list('# a is old\n#\nFROM scratch AS a\n')[0]?.description).toBe('');
});

test('a Dockerfile that cannot be built is refused with its place', () => {
  expect(thrownBy(() => list('FROM scratch\nCOPY --into=x a b\n'))).toEqual([
    'E_FLAG_UNKNOWN',
    'COPY has no flag --into',
    '--into=x',
  ]);
});
