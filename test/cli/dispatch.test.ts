import { expect, test } from 'vitest';
import { COMMANDS } from '../../cli/command-table.ts';
import { dispatch } from '../../cli/dispatch.ts';
import { fakeHost } from './host.ts';
import { rejected } from './thrown.ts';

async function output(...words: string[]): Promise<string> {
  const host = fakeHost();
  expect(await dispatch(words, host)).toBe(0);
  expect(host.err()).toBe('');
  return host.out();
}

test('--help lists every command', async () => {
  expect(await output('--help')).toMatchInlineSnapshot(`
    "Usage: slipway COMMAND [FLAGS] [ARGUMENTS]

    Builds container images from Dockerfiles, without a daemon.

    Commands:
      build                Build an image from a Dockerfile
      why                  Say why the steps of a build were run or reused
      advise               Say what would have made past builds cheaper
      lint                 Say what could be better in a Dockerfile, and fix what is safe
      images               List the images in the local store
      tag                  Give an image another name
      rmi                  Remove names of images
      pull                 Fetch an image from a registry
      push                 Send an image to a registry
      load                 Read images from an archive into the local store
      save                 Write an image to an archive
      inspect              Show the config and manifest of an image
      context ls           Show what a build context holds, and why
      cache ls             List the records of the build cache
      cache inspect        Show one record of the build cache and what its key is made of
      cache du             Say what the store takes on disk
      cache verify         Check everything in the store against its digests
      cache prune          Remove what the build cache holds
      cache export         Write the build cache, or a part of it, to a tar or folder
      cache import         Take what cache export wrote into the build cache
      cache mounts ls      List the cache mounts
      cache mounts export  Write cache mounts to a tar or folder
      cache mounts import  Take cache mounts out of what was exported
      cache mounts rm      Remove cache mounts
      doctor               Say what this machine offers for builds, and what is missing
      debug ast            Show how a Dockerfile is read, as S-expressions
      debug shell          Open a shell in an image, or in what a step came to
      version              Show the version

    "slipway COMMAND --help" says more about each.
    "
  `);
});

test('help and -h are --help', async () => {
  const text = await output('--help');
  expect(await output('help')).toBe(text);
  expect(await output('-h')).toBe(text);
});

test.each([...COMMANDS.keys()])('%s --help says what it does, with an example', async (name) => {
  const text = await output(...name.split(' '), '--help');
  expect(text).toContain(`Usage: slipway ${name} `);
  expect(text).toContain(COMMANDS.get(name)?.summary);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  if (name !== 'version') expect(text).toContain(`\nExamples:\n  `);
  expect(await output('help', ...name.split(' '))).toBe(text);
});

test('a group of commands has a help of its own', async () => {
  const text = await output('cache', '--help');
  expect(text).toMatch(/^Usage: slipway cache COMMAND /);
  expect(text).toMatch(/Commands:\n {2}cache ls .*\n(?: {2}cache .*\n)+\n/);
  expect(await output('help', 'cache')).toBe(text);
});

test('version prints the version alone', async () => {
  expect(await output('version')).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  expect(await output('--version')).toBe(await output('version'));
});

test.each([
  [[], 'no command was given\n = hint: slipway --help lists the commands\n'],
  [['biuld'], 'there is no command "biuld"\n = hint: did you mean slipway build?\n'],
  [['xyzzy'], 'there is no command "xyzzy"\n = hint: slipway --help lists the commands\n'],
  [['cache'], 'slipway cache needs one more word\n = hint: slipway cache --help lists'],
  [
    ['cache', 'prnue'],
    'there is no command "cache prnue"\n = hint: did you mean slipway cache prune?',
  ],
  [['help', 'biuld'], 'there is no command "biuld"\n = hint: did you mean slipway build?\n'],
  [['tag', 'a'], "missing required argument 'name'\n = hint: see slipway tag --help\n"],
  [['images', 'a'], 'too many arguments'],
  [['images', '--quite'], 'slipway images has no flag --quite\n = hint: did you mean --quiet?\n'],
  [['cache', 'prune', '--older-than', '7'], '"7" is not an age\n = hint: a number and a unit'],
])('%j is wrong usage', async (words, message) => {
  const text = await rejected(dispatch(words, fakeHost()));
  expect(text).toContain(`error[E_USAGE]: ${message}`);
});

test.each(['darwin', 'win32'] as const)(
  'on %s build says at once that it needs Linux',
  async (platform) => {
    const text = await rejected(dispatch(['build', '/nowhere'], fakeHost({ platform })));
    expect(text).toContain(
      'error[E_UNSUPPORTED]: slipway build needs Linux: RUN steps use its kernel\n',
    );
  },
);

test.each(['-o -', '-o type=tar', '-o type=oci', '-o type=docker,dest=-'])(
  'build %s refuses to write to a terminal',
  async (flags) => {
    const host = fakeHost();
    Object.assign(host.stdout, { isTTY: true });
    const text = await rejected(dispatch(['build', ...flags.split(' '), '.'], host));
    expect(text).toContain('error[E_USAGE]: an archive is not written to a terminal\n');
  },
);
