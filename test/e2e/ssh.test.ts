// RUN --mount=type=ssh: a step reaches the caller's agent, or keys, by a socket that is its own; it can list and
// sign; nothing of it stays in the image, the key or a process.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { ordinaryUser } from '../support/ordinary-user.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const TOOLS = ['ssh-add', 'ssh-keygen'];

/** A context with OpenSSH's client programs and their libraries under `ssh/`. */
function sshContext(context: TestContext, dockerfile: string): string {
  requiresPrograms(context, 'ssh-agent', ...TOOLS);
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}COPY ssh /\nRUN mkdir -p etc tmp && echo root:x:0:0::/: > /etc/passwd && echo app:x:7:8::/: >> /etc/passwd\n${dockerfile}`,
  });
  for (const program of TOOLS) {
    const path = `/usr/bin/${program}`;
    const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/\/\S+/g);
    for (const file of [path, ...[...libraries].map(([library]) => library)]) {
      mkdirSync(join(folder, 'ssh', dirname(file)), { recursive: true });
      copyFileSync(file, join(folder, 'ssh', file));
    }
  }
  return folder;
}

function newKey(): string {
  const path = join(tmpDir(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'the-key', '-f', path]);
  return path;
}

/** An agent of the caller's with one key; its socket. */
async function newAgent(): Promise<string> {
  const socket = join(tmpDir(), 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
  execFileSync('ssh-add', ['-q', newKey()], { env: { SSH_AUTH_SOCK: socket } });
  return socket;
}

function listed(socket: string): string {
  return spawnSync('ssh-add', ['-l'], { env: { SSH_AUTH_SOCK: socket }, encoding: 'utf8' }).stdout;
}

function printed({ status, stderr }: Finished): string[] {
  expect(status, stderr).toBe(0);
  return [...stderr.matchAll(/^#\d+ [\d.]+ (.*)$/gm)].map(([, line = '']) => line);
}

const build = (home: string, folder: string, ...args: string[]) =>
  slipway(home, ['build', '--progress=plain', ...args, folder]);

test('a step lists the keys of the agent, signs, and can do nothing else with it', async (context) => {
  const folder = sshContext(
    context,
    `RUN --mount=type=ssh ssh-add -L > /tmp/k && cut -d' ' -f3 /tmp/k && echo x | ssh-keygen -q -Y sign -n test -f /tmp/k 2>/dev/null | head -1
RUN --mount=type=ssh ssh-add -D; ssh-add -x </dev/null; rm -f $SSH_AUTH_SOCK; ssh-add -l | wc -l
`,
  );
  const socket = await newAgent();
  const lines = printed(build(tmpDir(), folder, '--ssh', `default=${socket}`));
  expect(lines.slice(0, 2)).toEqual(['the-key', '-----BEGIN SSH SIGNATURE-----']);
  expect(lines.at(-1)).toBe('1');
  expect(listed(socket)).toContain('the-key');
});

test('the socket has the mode and owner asked for, is there by its id, and leaves no trace', async (context) => {
  const folder = sshContext(
    context,
    `RUN --mount=type=ssh,id=a --mount=type=ssh,id=b,uid=7,gid=8,mode=0640,target=/s/b echo $SSH_AUTH_SOCK && stat -c '%F %a %u:%g' /run/buildkit/ssh_agent.0 /s/b
USER app
RUN --mount=type=ssh,id=b,uid=7 ssh-add -l | wc -l
USER root
RUN test ! -e /run && test ! -e /s && test -z "$SSH_AUTH_SOCK"
`,
  );
  const agent = await newAgent();
  const home = tmpDir();
  const given = [`--ssh=a=${agent}`, `--ssh=b=${agent}`];
  expect(printed(build(home, folder, ...given))).toEqual([
    '/run/buildkit/ssh_agent.0',
    'socket 600 0:0',
    'socket 640 7:8',
    '1',
  ]);
  const again = slipway(home, [
    'build',
    '--progress=json',
    '--ssh',
    `a=${await newAgent()}`,
    folder,
  ]);
  expect(new Set(steps(again).map(({ status }) => status))).toEqual(new Set(['exact']));
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
});

test('keys as files are in an agent of the build alone, which ends with it', (context) => {
  const folder = sshContext(context, `RUN --mount=type=ssh,id=k ssh-add -l | cut -d' ' -f3\n`);
  const home = tmpDir();
  const key = newKey();
  expect(printed(build(home, folder, '--ssh', `k=${key}`))).toEqual(['the-key']);
  const agents = readdirSync('/proc').filter((pid) => {
    const path = `/proc/${pid}/cmdline`;
    return /^\d+$/.test(pid) && existsSync(path) && commandLine(path).startsWith('ssh-agent\0-a');
  });
  expect(agents).toEqual([]);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'a passphrase', '-f', key]);
  const closed = build(tmpDir(), folder, '--ssh', `k=${key}`);
  expect(closed.stderr).toContain(`error[E_SSH_AGENT]: ${key} is not a key that can be used`);
  expect(closed.stderr).toContain('a key with a passphrase must be in your own agent');
});

function commandLine(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

test('an agent that is not given is missed only where it is required', (context) => {
  const folder = sshContext(
    context,
    `ARG MORE\nRUN --mount=type=ssh test ! -S "$SSH_AUTH_SOCK" && echo goes on\nRUN --mount=type=ssh,required true\n`,
  );
  const { status, stderr } = build(tmpDir(), folder);
  expect(stderr).toMatch(/ goes on$/m);
  expect(stderr).toContain('error[E_SSH_AGENT]: the SSH agent "default" was not given');
  expect(stderr).toContain('pass it: --ssh default');
  expect(status).toBe(1);
});

test('what is no agent is refused', (context) => {
  const folder = sshContext(context, `RUN --mount=type=ssh true\n`);
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  const none = slipway(tmpDir(), ['build', '--ssh=default', folder], { ...env, SSH_AUTH_SOCK: '' });
  expect(none.stderr).toContain('--ssh "default": there is no agent: SSH_AUTH_SOCK is not set');
  expect(none.status).toBe(2);
  const absent = build(tmpDir(), folder, '--ssh=default=/nowhere');
  expect(absent.stderr).toContain(
    'error[E_SSH_AGENT]: --ssh default: /nowhere cannot be used: ENOENT',
  );
});

test('an ordinary user, with sub-ids and without, has it too', (context) => {
  const folder = sshContext(
    context,
    `RUN --mount=type=ssh,uid=7,gid=8 stat -c '%u:%g' $SSH_AUTH_SOCK && ssh-add -l | cut -d' ' -f3\nUSER app\nRUN --mount=type=ssh,uid=7 ssh-add -l | wc -l\n`,
  );
  const user = ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  onTestFinished(() => user?.remove());
  copyFileSync(newKey(), join(folder, 'key'));
  for (const isolation of ['rootless', 'single-id']) {
    const own = user?.adopt(folder);
    const args = ['build', '--progress=plain', `--isolation=${isolation}`];
    const ssh = ['--ssh', `default=${own?.folder}/key`, own?.folder ?? ''];
    const done = user?.slipway(own?.home ?? '', [...args, ...ssh]);
    expect(done && printed(done)).toEqual(['7:8', 'the-key', '1']);
  }
});
