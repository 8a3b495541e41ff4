// The border itself: words, versions, misuse.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { callRunner, IS_SANITIZED, RUNNER } from '../support/runner.ts';
import { tmpDir } from '../support/tmp.ts';

describe('words', () => {
  test('another version is refused with both versions named', async () => {
    const words = ['slipway-runner/1', 'end'];
    const result = await callRunner({ verb: 'run', words, framed: false });
    expect(result.status).toBe(1);
    expect(result.events).toEqual([
      { event: 'hello', version: 2 },
      {
        event: 'error',
        code: 'E_RUNNER_VERSION',
        errno: null,
        message:
          'this runner speaks slipway-runner/2, its client "slipway-runner/1"; they come from different installations',
        hint: null,
      },
    ]);
  });

  test.for([
    [['slipway-runner/2'], 'the words stop before "end"'],
    [['slipway-runner/2', 'dir', '/tmp'], 'the words stop before "end"'],
    [[], 'the last word is not ended by NUL'],
    [['slipway-runner/2', 'nonsense', 'end'], 'unknown word "nonsense"'],
    [['slipway-runner/2', 'dir', 'end'], '"dir" needs 1 arguments'],
    [['slipway-runner/2', 'end'], 'this verb needs the word "dir"'],
    [['slipway-runner/2', 'uidmap', '0', '0', 'x', 'end'], '"x" is not a number in range'],
    [['slipway-runner/2', 'dir', '/tmp', 'end'], 'dump needs one of the words "all" and "paths"'],
  ] as const)('%j is refused', async ([words, message]) => {
    const result = await callRunner({ verb: 'dump', words, framed: false });
    expect(result.status).toBe(1);
    expect(result.event('error')).toMatchObject({ code: 'E_RUNNER_WORDS', message });
  });

  test('a folder that is missing is named', async () => {
    for (const verb of ['dump', 'extract']) {
      const words = ['dir', '/no/such', ...(verb === 'dump' ? ['all'] : [])];
      const result = await callRunner({ verb, words });
      expect(result.event('error')).toEqual({
        event: 'error',
        code: 'E_PATH',
        errno: 'ENOENT',
        message: 'cannot open the folder /no/such: No such file or directory',
        hint: null,
      });
    }
  });

  test.for(['/', '/.', '/..', 'relative', '/tmp/', ''])(
    'remove of "%s" is refused',
    async (path) => {
      const result = await callRunner({ verb: 'remove', words: ['path', path] });
      expect(result.event('error')).toMatchObject({
        code: 'E_RUNNER_WORDS',
        message: `"${path}" is no path to remove`,
      });
    },
  );
});

describe('words that a changed root cannot perform', () => {
  test.for([
    'lower /l',
    'work /w',
    'volatile',
    'root-mode 755 0 0',
    'hostname h',
    'network-helper pasta /p',
    'uidmap 0 0 1',
    'single-id',
    'seccomp none',
    'caps all',
  ])('%s', async (words) => {
    const folders = ['chroot', 'upper', '/u', 'root', '/r', 'scratch', '/s', 'arg', 'x'];
    const result = await callRunner({ verb: 'run', words: [...folders, ...words.split(' ')] });
    const name = /^(?:seccomp|caps) /.test(words) ? words : words.split(' ')[0];
    expect(result.event('error')).toMatchObject({
      code: 'E_RUNNER_WORDS',
      message: `"${name}" cannot be had with the word "chroot"`,
    });
  });
});

describe('called by hand', () => {
  test('version needs no descriptors', () => {
    const result = spawnSync(RUNNER, ['version'], { encoding: 'utf8' });
    expect(result.stdout).toMatch(/^slipway-runner 2 (x86_64|aarch64)\n$/);
    expect(result.status).toBe(0);
  });

  test.for([
    [[], 'one verb is needed'],
    [['run', 'x'], 'one verb is needed'],
    [['sprint'], 'there is no such verb'],
    [['run'], 'fd 4, for events, is not open'],
  ] as const)('%j is answered by a line on stderr', ([args, line]) => {
    const result = spawnSync(RUNNER, args, { encoding: 'utf8' });
    expect(result.stderr).toBe(
      `slipway-runner: ${line}; it is started by slipway, see PROTOCOL.md\n`,
    );
    expect(result.status).toBe(2);
  });

  test.skipIf(IS_SANITIZED)('the binary needs no library', () => {
    const result = spawnSync('ldd', [RUNNER], { encoding: 'utf8' });
    expect(`${result.stdout}${result.stderr}`).toMatch(
      /not a dynamic executable|statically linked/,
    );
  });
});

describe('probe', () => {
  test('says of each part whether it works, and leaves nothing behind', async () => {
    const dir = tmpDir();
    const result = await callRunner({ verb: 'probe', words: ['dir', dir] });
    const { observation, ...answer } = JSON.parse(result.stdout.toString()) as Record<
      string,
      { ok?: boolean; message?: string }
    >;
    expect(observation).toEqual({ way: 'notice', listener: null, ptrace: null });
    expect(Object.keys(answer)).toEqual([
      ...['kernel', 'arch', 'uid', 'cgroup'],
      ...['mountns', 'pidns', 'netns', 'overlay', 'proc', 'seccomp'],
    ]);
    for (const part of Object.values(answer).filter((value) => typeof value === 'object'))
      expect(part.ok === true || typeof part.message === 'string').toBe(true);
    expect(spawnSync('ls', ['-A', dir], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('tells a refused map from a refused namespace', async (context) => {
    // An id that is nobody's sub-id, asked for by a user who is not root.
    requires(context, process.getuid?.() === 0, 'root, to be another user');
    const binary = join(tmpDir(), 'runner');
    spawnSync('sh', ['-c', `chmod 755 ${join(binary, '..')} && cp ${RUNNER} ${binary}`]);
    const words = ['dir', '/tmp', 'uidmap', '0', '1', '5000', 'gidmap', '0', '1', '5000'];
    const result = await callRunner({ verb: 'probe', words, binary, uid: 65534 });
    const answer = JSON.parse(result.stdout.toString()) as Record<string, unknown>;
    expect(answer['userns']).toEqual({ ok: true });
    expect(answer['idmap']).toMatchObject({
      ok: false,
      hint: expect.stringContaining('/etc/subuid'),
    });
    expect(answer['overlay']).toEqual({
      ok: false,
      errno: null,
      message: 'not tried, since idmap failed',
      hint: null,
    });
  });
});
