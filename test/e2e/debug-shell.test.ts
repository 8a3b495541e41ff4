// A shell in a step that failed, and in images and steps of the store, as a person at a terminal gets it.

import { once } from 'node:events';
import { copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { hasProgram, requires, requiresPrograms } from '../support/requires.ts';
import { PROBE } from '../support/runner.ts';
import { BUSYBOX, busyboxContext, PROGRAM, programEnv, slipway } from '../support/slipway.ts';
import { type Answer, onTerminal } from '../support/terminal.ts';
import { tmpDir } from '../support/tmp.ts';

/** A step that fails as an ordinary user, with something of everything that a shell in it should show. */
const FAILING = `${BUSYBOX}\
RUN mkdir -p /etc /work && echo 'app:x:1000:1000::/work:/bin/sh' > /etc/passwd && chown 1000 /work
WORKDIR /work
USER app
ENV COLOUR=green
RUN --mount=type=cache,target=/c,mode=0777 --mount=type=secret,id=s,mode=0444 \
  echo left > behind; echo in > /c/cache; echo last words; exit 7
`;

const PROMPT = '$ ';
const BY_ROOT = '# ';

const server = createServer((socket) => socket.end('reached\n'));

/** The port of a service on the machine's loopback. */
async function listening(): Promise<number> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const hasNetworkOfItsOwn = (): boolean =>
  (hasProgram('pasta') || hasProgram('slirp4netns')) &&
  ((statSync('/dev/net/tun', { throwIfNoEntry: false })?.mode ?? 0) & 0o006) === 0o006;

let user: OrdinaryUser | undefined;
afterAll(() => {
  server.close();
  user?.remove();
});
beforeEach((context) => requiresPrograms(context, 'python3', 'busybox'));

function terminal(home: string, args: readonly string[], answers: readonly Answer[]) {
  return onTerminal([process.execPath, PROGRAM, ...args], answers, { env: programEnv(home) });
}

test('a step that failed opens a shell with its files, user, mounts, environment and a terminal', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: FAILING });
  const secret = join(tmpDir(), 'secret');
  writeFileSync(secret, 'hush\n');
  const home = tmpDir();
  const build = ['build', '--on-error=shell', '--progress=plain', '--secret', `id=s,src=${secret}`];
  const done = await terminal(
    home,
    [...build, folder],
    [
      [PROMPT, 'id -un; pwd; cat behind /c/cache /run/secrets/s; echo $COLOUR; stty size; tty\n'],
      // The program that says so is the one that is in front: ^C reaches it, and not a shell about to start it.
      [PROMPT, `sh -c 'echo be""gin; exec sleep 60'; echo not""here\n`],
      ['begin', '\u0003'],
      [PROMPT, 'ls /root/x; touch more; exit 3\n'],
    ],
  );
  const told = /last words\r\n------\r\n"\/bin\/sh -c [^"]*" failed: exit code: 7\r\n/;
  expect(done.screen).toMatch(told);
  const shown = 'app\r\n/work\r\nleft\r\nin\r\nhush\r\ngreen\r\n33 101\r\n/dev/pts/0\r\n';
  expect(done.screen).toContain(shown);
  expect(done.screen).not.toContain('nothere');
  expect(done.screen).toContain('error[E_RUN_FAILED]');
  expect(done).toMatchObject({ status: 1, restored: true, pending: 0 });
  // What was done in the shell is gone: the step begins anew.
  const again = await terminal(home, [...build, folder], [[PROMPT, 'ls; exit\n']]);
  expect(again.screen).toMatch(/\r\nbehind\r\n/);
  expect(again.screen).not.toContain('more');
});

test('an image without a shell gets a small one, which no step can change', async (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: 'FROM scratch\nCOPY probe /probe\nENV A=b\nRUN ["/probe", "exit", "9"]\n',
  });
  copyFileSync(PROBE, join(folder, 'probe'));
  const done = await terminal(
    tmpDir(),
    ['build', '--on-error=shell', '--progress=plain', folder],
    [
      [BY_ROOT, 'ls | cat\n'],
      [BY_ROOT, 'echo "a  b" $A\n'],
      [BY_ROOT, 'id\n'],
      [BY_ROOT, '/probe write /dev/.slipway/sh x\n'],
      [BY_ROOT, '/probe unlink /dev/.slipway/sh\n'],
      [BY_ROOT, 'nope\n'],
      [BY_ROOT, 'echo $?\n'],
      [BY_ROOT, 'exit\n'],
    ],
  );
  expect(done.screen).toContain('failed: exit code: 9\r\n');
  expect(done.screen).toContain('this shell has no pipes');
  expect(done.screen).toContain('a  b b\r\n');
  expect(done.screen).toContain('uid=0 gid=0 groups=0\r\n');
  expect(done.screen.match(/EROFS|EBUSY/g)).toHaveLength(2);
  expect(done.screen).toContain('nope: No such file or directory; help lists');
  expect(done.screen).toContain('127\r\n');
  expect(done).toMatchObject({ status: 1, restored: true });
});

test('the shell hears of a new size, and a signal to slipway ends it with nothing left behind', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN exit 1\n` });
  const home = tmpDir();
  const done = await terminal(
    home,
    ['build', '--on-error=shell', '--progress=plain', folder],
    [
      [BY_ROOT, 'trap "" TERM HUP; echo be""gin\n'],
      ['begin', { columns: 77 }],
      [BY_ROOT, 'sleep 1; stty size; sleep 60; echo not""here\n'],
      ['33 77', { signal: 15 }],
    ],
  );
  expect(done.screen).toContain('33 77\r\n');
  expect(done.screen).not.toContain('nothere');
  expect(done.screen).toContain('slipway: stopped by SIGTERM');
  expect(done).toMatchObject({ status: 143, restored: true, pending: 0 });
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
});

test('without a terminal, or with standard input taken, it is refused before anything runs', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: FAILING });
  const build = slipway(tmpDir(), ['build', '--on-error=shell', folder]);
  expect(build.stderr).toContain(
    'error[E_USAGE]: --on-error=shell needs a terminal, and standard input is none',
  );
  expect(build.status).toBe(2);
  const taken = slipway(tmpDir(), ['build', '--on-error=shell', '-']);
  expect(taken.stderr).toContain('error[E_USAGE]: --on-error=shell and - both want standard input');
  const debug = slipway(tmpDir(), ['debug', 'shell', 'app']);
  expect(debug.stderr).toContain('error[E_USAGE]: slipway debug shell needs a terminal');
});

test('debug shell: images by name, steps by key and by words; what is written there is gone', async (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}ENV A=b\nWORKDIR /w\nRUN echo one > first\nRUN true\nRUN cp first second\n`,
  });
  const home = tmpDir();
  const built = slipway(home, ['build', '-q', '-t', 'app', folder]);
  expect(built.stderr).toBe('');
  const image = await terminal(
    home,
    ['debug', 'shell', 'app'],
    [[BY_ROOT, 'echo $A in $PWD: *; touch third; ls -1d /dev/pts /proc/1; exit 5\n']],
  );
  expect(image.screen).toContain('image app; nothing done here is kept\r\n');
  expect(image.screen).toContain('b in /w: first second\r\n/dev/pts\r\n/proc/1\r\n');
  expect(image).toMatchObject({ status: 5, restored: true, pending: 0 });
  const step = await terminal(
    home,
    ['debug', 'shell', 'RUN true'],
    [[BY_ROOT, 'echo $A in $PWD: *; exit\n']],
  );
  expect(step.screen).toMatch(/^step \[\d\/\d\] RUN true; nothing/);
  expect(step.screen).toContain('b in /w: first\r\n');
  const listed = slipway(home, ['cache', 'ls', '--format', 'json']).stdout.trim().split('\n');
  const records = listed.map((line) => JSON.parse(line) as { key: string; step: string });
  const copied = records.find((record) => record.step.endsWith('RUN cp first second'));
  const key = copied?.key.replace('sha256:', '').slice(0, 12) ?? '';
  const byKey = await terminal(home, ['debug', 'shell', key], [[BY_ROOT, 'echo *; exit\n']]);
  expect(byKey.screen).toContain('\r\nfirst second\r\n');
  const several = await terminal(home, ['debug', 'shell', 'RUN'], []);
  expect(several.screen).toContain('error[E_USAGE]: 4 steps go by "RUN"');
  const none = await terminal(home, ['debug', 'shell', 'nothing'], []);
  expect(none.screen).toContain(
    'error[E_IMAGE_NOT_FOUND]: there is no image and no step "nothing"',
  );
});

test('in a changed root too: files, mounts, user; the terminal is one of the machine that the step cannot name', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: FAILING });
  const secret = join(tmpDir(), 'secret');
  writeFileSync(secret, 'hush\n');
  const home = tmpDir();
  const words = ['build', '--isolation=chroot', '--on-error=shell', '--progress=plain'];
  const build = [...words, '--secret', `id=s,src=${secret}`, folder];
  const done = await terminal(home, build, [
    [
      PROMPT,
      'id -un; pwd; cat behind /c/cache /run/secrets/s; echo $COLOUR; stty size; ls /dev/pts\n',
    ],
    [PROMPT, 'sh -c \'echo be""gin; exec sleep 60\'; echo not""here\n'],
    ['begin', '\u0003'],
    [PROMPT, 'touch more; exit\n'],
  ]);
  expect(done.screen).toContain('app\r\n/work\r\nleft\r\nin\r\nhush\r\ngreen\r\n33 101\r\n');
  expect(done.screen).not.toContain('nothere');
  expect(done).toMatchObject({ status: 1, restored: true, pending: 0 });
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  const again = await terminal(home, build, [[PROMPT, 'ls; cat /c/cache; exit\n']]);
  expect(again.screen).toMatch(/\r\nbehind\r\nin\r\n/);
});

test('in a changed root without a shell, and in an image, whatever is written there', async (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX.replace('scratch', 'scratch AS all')}WORKDIR /w
RUN touch one
FROM scratch
COPY busybox /bin/tool
RUN ["/bin/tool", "false"]
`,
  });
  const home = tmpDir();
  const chroot = '--isolation=chroot';
  const words = ['build', chroot, '--on-error=shell', '--progress=plain', folder];
  const own = await terminal(home, words, [
    [BY_ROOT, 'id\n'],
    [BY_ROOT, '/bin/tool rm /dev/.slipway/sh\n'],
    [BY_ROOT, 'exit\n'],
  ]);
  expect(own.screen).toContain('uid=0 gid=0 groups=0\r\n');
  expect(own).toMatchObject({ status: 1, restored: true });
  const built = slipway(home, ['build', '-q', '-t', 'app', chroot, '--target=all', folder]);
  expect(built.stderr).toBe('');
  for (const left of [1, 2]) {
    const typed = `echo shell ${left} in $PWD: *; touch more; exit 5\n`;
    const image = await terminal(home, ['debug', 'shell', chroot, 'app'], [[BY_ROOT, typed]]);
    expect(image.screen).toContain(`shell ${left} in /w: one\r\n`);
    expect(image).toMatchObject({ status: 5, restored: true, pending: 0 });
  }
});

test.for(['rootless', 'single-id'])('an ordinary user has it too: %s', async (rung, context) => {
  requiresPrograms(context, 'useradd', 'userdel');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  if (user === undefined) return;
  const { folder, home } = user.adopt(busyboxContext(context, { Dockerfile: FAILING }));
  writeFileSync(join(folder, 'secret'), 'hush\n', { mode: 0o644 });
  const words = ['build', `--isolation=${rung}`, '--on-error=shell', '--progress=plain'];
  const secret = ['--secret', `id=s,src=${join(folder, 'secret')}`];
  const done = await user.onTerminal(
    home,
    [...words, ...secret, folder],
    [
      [PROMPT, 'id -un; cat behind /c/cache /run/secrets/s; tty; echo x > made; stat -c %U made\n'],
      [PROMPT, `nc -w 2 127.0.0.1 ${await listening()} || echo out""of reach\n`],
      [PROMPT, 'exit\n'],
    ],
  );
  expect(done.screen).toContain('app\r\nleft\r\nin\r\nhush\r\n/dev/pts/0\r\napp\r\n');
  // The network is the step's: what listens on the machine's loopback is not in it.
  if (hasNetworkOfItsOwn()) expect(done.screen).toMatch(/outof reach\r\n/);
  expect(done).toMatchObject({ status: 1, restored: true, pending: 0 });
});
