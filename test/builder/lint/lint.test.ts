// What lint returns beside the names of rules: texts, places, edits, errors, and what it needs to say more.

import { describe, expect, it } from 'vitest';
import { found, lintText, told } from './found.ts';

const EVERYTHING = `ARG tag=1
FROM a:$tga as Base
from --platform=$TARGETPLATFORM scratch AS context
FROM --platform=linux/amd64 scratch AS base
LABEL one 1
LABEL one=1 \\

  two=2
MAINTAINER me
CMD x
ENV api_key=$TGA
WORKDIR x
EXPOSE 1:80/TCP
CMD ["y"]
`;

describe('findings', () => {
  it('point at what is wrong and say what is right', () => {
    expect(told(EVERYTHING)).toEqual([
      'UndefinedArgInFrom at "a:$tga": FROM uses tga, which no ARG above the first FROM declares; did you mean tag?',
      'InvalidDefaultArgInFrom at "a:$tga": with the defaults of its arguments, the base a:$tga is a:, which is no image name',
      'FromAsCasing at "as": as and FROM should be in the same case',
      'StageNameCasing at "Base": the stage name Base should be in lower case: base',
      'ConsistentInstructionCasing at "from": from should be in upper case, as most keywords are: FROM',
      'RedundantTargetPlatform at "$TARGETPLATFORM": --platform=$TARGETPLATFORM is what FROM takes by itself',
      'FromAsCasing at "AS": AS and from should be in the same case',
      'ReservedStageName at "context": the stage name context has a meaning of its own',
      'FromPlatformFlagConstDisallowed at "linux/amd64": --platform=linux/amd64 is the same for every build; use a variable such as $BUILDPLATFORM',
      'DuplicateStageName at "base": an earlier stage has the name base too',
      'LegacyKeyValueFormat at "one 1": LABEL one has no equals sign; write LABEL one=...',
      'NoEmptyContinuation at "": an empty line inside an instruction that goes on after it',
      'MaintainerDeprecated at "MAINTAINER": MAINTAINER is deprecated; use LABEL org.opencontainers.image.authors=...',
      'JSONArgsRecommended at "CMD": CMD in the shell form keeps signals from the program; use the form CMD ["PROGRAM", "ARGUMENT"]',
      'MultipleInstructionsDisallowed at "CMD": this CMD has no effect: another one follows in the stage',
      'SecretsUsedInArgOrEnv at "api_key": ENV api_key looks like a secret, which would stay in the image; use RUN --mount=type=secret',
      'UndefinedVar at "$TGA": $TGA is not defined here',
      'WorkdirRelativePath at "x": WORKDIR x is relative to what the base image says; start with an absolute path',
      'ExposeProtoCasing at "1:80/TCP": the protocol of 1:80/TCP should be in lower case: 1:80/tcp',
      'ExposeInvalidFormat at "1:80/TCP": EXPOSE 1:80/TCP: an address or host port has no effect here; write 80/TCP',
    ]);
  });

  it('suggest what was meant', () => {
    expect(told('FROM scratch\nARG DIR_ASSETS=a\nCOPY $DIR_ASSET .')).toEqual([
      'UndefinedVar at "$DIR_ASSET": $DIR_ASSET is not defined here; did you mean $DIR_ASSETS?',
    ]);
    expect(told('FROM scratch\nENV PATH=$PAHT:/x')).toEqual([
      'UndefinedVar at "$PAHT:/x": $PAHT is not defined here; did you mean $PATH?',
    ]);
  });

  it('tell the platforms of a base, and what an ignore file excludes', () => {
    const bases = { a: { os: 'linux', architecture: 'arm64' } };
    expect(told('FROM a', {}, bases)).toEqual([
      'InvalidBaseImagePlatform at "a": the base a is for linux/arm64; this build is for linux/amd64',
    ]);
    const ignoreFile = { name: '.dockerignore', text: 'a' };
    expect(told('FROM scratch\nADD ./a/ /', { ignoreFile })).toEqual([
      'CopyIgnoredFile at "./a/": ADD asks for a, which .dockerignore excludes',
    ]);
    expect(told('# check=experimental=all\n# x\nARG a b=1\nFROM scratch')).toEqual([
      'InvalidDefinitionDescription at "# x": a comment above ARG should read: # NAME DESCRIPTION; put an empty # between where it is none',
    ]);
  });

  it('are one printable line, whatever the Dockerfile holds', () => {
    const text = `FROM scratch\nENV \x1b[31m${'x'.repeat(9000)}_key=1\nLABEL a=\u202e$b`;
    const messages = lintText(text).findings.map(({ message }) => message);
    expect(messages).toHaveLength(2);
    for (const message of messages) expect(message).toMatch(/^[\x20-\x7e]{10,403}$/);
  });

  it('stand at the FROM where a trigger of the base is meant', () => {
    const text = 'FROM scratch AS a\nONBUILD ENV a $b\nFROM a\n';
    expect(told(text)).toEqual([
      'UndefinedVar at "a": $b is not defined here',
      'LegacyKeyValueFormat at "a": ENV a has no equals sign; write ENV a=...',
    ]);
    expect(lintText(text).findings.flatMap(({ fix }) => fix)).toEqual([]);
  });

  it('have the lines of the whole instruction', () => {
    const text = 'FROM scratch\nCOPY $a <<A <<B /x\n1\nA\n2\nB\nLABEL b=1 \\\n  c=$c\n';
    expect(lintText(text).findings.map(({ lines }) => lines)).toEqual([
      { first: 2, last: 6 },
      { first: 7, last: 8 },
    ]);
  });
});

describe('edits', () => {
  it.each([
    ['FROM scratch as B', 'FROM scratch AS b'],
    ['from scratch AS b', 'from scratch as b'],
    ['FROM scratch\ncopy a \\\n\n  \n /\nLABEL a=1', 'FROM scratch\nCOPY a \\\n /\nLABEL a=1'],
    ['FROM scratch\r\nLABEL a=1 \\\r\n\r\n b=2\r\n', 'FROM scratch\r\nLABEL a=1 \\\r\n b=2\r\n'],
    ['FROM --platform=$TARGETPLATFORM  scratch', 'FROM scratch'],
    ['FROM scratch\nENV a b c', 'FROM scratch\nENV a="b c"'],
    ['FROM scratch\nLABEL a   b', 'FROM scratch\nLABEL a=b'],
    ['FROM scratch\nENV p $PATH:/x y', 'FROM scratch\nENV p="$PATH:/x y"'],
    ['FROM scratch\nEXPOSE 53/UDP 1:80', 'FROM scratch\nEXPOSE 53/udp 80'],
  ])('%j', (text, mended) => {
    expect(applyFixes(text)).toBe(mended);
    expect(found(mended)).toEqual([]);
  });

  it.each([
    ['a value with quotes', 'FROM scratch\nENV a "b" c'],
    ['a value with an escape', 'FROM scratch\nENV a b\\ c'],
    ['a value over two lines', 'FROM scratch\nENV a b \\\n c'],
    ['a port that a variable makes', 'FROM scratch\nARG p=80/TCP\nEXPOSE $p'],
    ['what changes the image', 'FROM scratch\nMAINTAINER me\nCMD x\nWORKDIR y'],
  ])('are not made of %s', (_, text) => {
    expect(found(text)).not.toEqual([]);
    expect(applyFixes(text)).toBe(text);
  });

  /** Applies all edits, the last first. */
  function applyFixes(text: string): string {
    const edits = lintText(text).findings.flatMap(({ fix }) => fix);
    return edits
      .sort((a, b) => b.span.start - a.span.start)
      .reduce((all, { span, text }) => all.slice(0, span.start) + text + all.slice(span.end), text);
  }
});

describe('a Dockerfile that is wrong', () => {
  it('is looked at all the same', () => {
    const text = 'FROM scratch AS BadStageName\nMAINTAINER me@example.org\nBADCMD\nCMD x\n';
    const { errors } = lintText(text);
    expect(errors).toMatchObject([{ code: 'E_UNKNOWN_INSTRUCTION' }]);
    expect(found(text)).toEqual(['StageNameCasing:1', 'MaintainerDeprecated:2']);
  });

  it.each([
    ['a SHELL may have stood there', 'FROM scratch\nSHEL ["x"]\nCMD x\nWORKDIR y\nUSER $z'],
    ['in the base stage too', 'FROM scratch AS a\nSHEL ["x"]\nFROM a\nCMD x\nWORKDIR y\nUSER $z'],
    ['an ARG above FROM may', 'ARGG v=1\nFROM a:$v'],
    ['also one with a wrong flag', 'ARG --x v=1\nFROM a:$v'],
    ['a FROM that is wrong says nothing', 'FRO a AS b\nCMD x\nWORKDIR y\nUSER $z'],
    ['a flag that is wrong', 'FROM scratch\nENV --x a=1\nLABEL b=$a'],
    ['a wrong value', 'FROM scratch\nENV a=${\nLABEL b=$a'],
  ])('says nothing of what follows from it: %s', (_, text) => {
    expect(lintText(text).errors.length).toBeGreaterThan(0);
    expect(found(text)).toEqual([]);
  });

  it('may be wrong from end to end', () => {
    expect(lintText('')).toMatchObject({ errors: [{ code: 'E_EMPTY_DOCKERFILE' }], findings: [] });
    expect(lintText('CMD x').errors).toMatchObject([{ code: 'E_STAGE' }]);
    expect(lintText('FROM scratch', { target: 'a' }).errors).toMatchObject([
      { code: 'E_TARGET_NOT_FOUND' },
    ]);
  });
});

it('asks for the configs that it could say more with', () => {
  const text = 'FROM a AS x\nFROM x\nCOPY --from=b /c /d\nUSER $e';
  const { missing } = lintText(text);
  expect(missing.map(({ reference }) => reference).sort()).toEqual(['a', 'b']);
  expect(found(text, {}, { a: {}, b: {} })).toEqual(['UndefinedVar:4']);
});
