// The network of an ordinary user's steps: one of their own behind pasta or slirp4netns, which ends with the build.

import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { hasProgram, requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, ended, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

let user: OrdinaryUser | undefined;
let port = 0;
const server = createServer((socket) => socket.end('reached\n'));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
  user?.remove();
});

/** Both helpers make their end of the network with it. */
const mayAllOpenTun = (): boolean =>
  ((statSync('/dev/net/tun', { throwIfNoEntry: false })?.mode ?? 0) & 0o006) === 0o006;

function needs(context: TestContext): OrdinaryUser {
  requiresPrograms(context, 'useradd', 'userdel', 'newuidmap', 'newgidmap', 'busybox');
  requires(context, hasProgram('pasta') || hasProgram('slirp4netns'), 'pasta or slirp4netns');
  requires(context, mayAllOpenTun(), 'a /dev/net/tun that every user may open');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  return user as OrdinaryUser;
}

const LOOK = 'cat /proc/net/route /etc/resolv.conf; nc -w 2 127.0.0.1 $PORT; ls /sys/class/net';

/** Builds one RUN as the user, while this process answers at `port`. */
async function build(context: TestContext, command: string, flags: readonly string[] = []) {
  const made = needs(context);
  const Dockerfile = `${BUSYBOX}ARG PORT\nRUN ${command} ; true\n`;
  const { folder, home } = made.adopt(busyboxContext(context, { Dockerfile }));
  const args = ['build', '--progress=json', '--build-arg', `PORT=${port}`, ...flags, folder];
  const child = made.start(home, args);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return { child, ended: ended(child).then((status) => ({ status, stdout, stderr })) };
}

/** Command lines of helpers that belong to the user. */
function helpers(uid: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return /^(pasta|slirp4netns)/.test(line) && statSync(`/proc/${pid}`).uid === uid;
    } catch {
      return false;
    }
  });
}

test('by default it leads out, but not to what listens on the loopback of the machine', async (context) => {
  const { ended } = await build(context, LOOK);
  const { status, stdout, stderr } = await ended;
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/"subject":"network","chosen":"(pasta|slirp4netns)"/);
  // A route to everywhere, by a device that the machine has not.
  expect(stdout).toMatch(/\\t00000000\\t/);
  expect(stdout).not.toContain('reached');
  expect(stdout).not.toContain('nameserver 127.');
});

test('with --network=host it is the network of the machine', async (context) => {
  const { ended } = await build(context, LOOK, ['--network=host']);
  const { status, stdout, stderr } = await ended;
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('reached');
  expect(stdout).not.toContain('"subject":"network"');
});

test('with --network=none there is no way out', async (context) => {
  const { ended } = await build(context, LOOK, ['--network=none']);
  const { stdout } = await ended;
  expect(stdout).not.toMatch(/\\t00000000\\t/);
  expect(stdout).not.toContain('reached');
});

test.for(['rootless', 'single-id'])(
  'on rung %s the helper goes with a build that is killed',
  async (rung, context) => {
    const made = needs(context);
    const { child, ended } = await build(context, 'sleep 600', [`--isolation=${rung}`]);
    while (helpers(made.uid).length === 0) await sleep(20);
    child.kill('SIGKILL');
    await ended;
    const end = Date.now() + 2000;
    while (helpers(made.uid).length > 0 && Date.now() < end) await sleep(10);
    expect(helpers(made.uid)).toEqual([]);
  },
);

test('the helper goes with the build that it was for', async (context) => {
  const { ended } = await build(context, 'true');
  await ended;
  expect(helpers((user as OrdinaryUser).uid)).toEqual([]);
});

test('root has the network of the machine, which is said', (context) => {
  requires(context, process.getuid?.() === 0, 'root');
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN true\n` });
  const { stdout } = slipway(tmpDir(), ['build', '--progress=json', folder]);
  expect(stdout).toContain('"subject":"network","chosen":"host"');
});
