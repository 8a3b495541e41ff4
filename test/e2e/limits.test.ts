// Limits of steps: what a step sees of them, how it ends at them, and that none is passed over.

import { existsSync, readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { ordinaryUser } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  contextOf,
  ended,
  type Finished,
  slipway,
  startSlipway,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const MEMORY = '/sys/fs/cgroup/memory/memory.limit_in_bytes';

function run(command: string, ...args: string[]): Finished {
  return buildOnHostile({ home: tmpDir(), dockerfile: `RUN ${command}\n`, args });
}

test('a step has the limits of setrlimit and the shared memory that are asked for', (context) => {
  needsSteps(context);
  const { status, stderr } = run(
    'ulimit -S -n; ulimit -H -n; ulimit -c; df -k /dev/shm | tail -1',
    ...['--ulimit', 'nofile=100:200', '--ulimit', 'core=0', '--shm-size=10m'],
  );
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/ 100\n.* 200\n.* 0\n.* none +10240 /);
});

test('a limit that may not be raised is an error, and nothing less is taken', (context) => {
  needsSteps(context);
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN true\n` });
  const user = ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  onTestFinished(() => user?.remove());
  const own = user?.adopt(folder);
  const args = ['build', '--ulimit=nofile=999999999', own?.folder ?? ''];
  const done = user?.slipway(own?.home ?? '', args);
  expect(done?.stderr).toMatch(
    /error\[E_LIMIT\]: the limit nofile cannot be set to 999999999: at most \d+ may be had here/,
  );
  expect(done?.status).toBe(1);
  const memory = user?.slipway(own?.home ?? '', ['build', '--memory=1g', own?.folder ?? '']);
  expect(memory?.stderr).toContain('error[E_LIMIT]: --memory cannot be had here (');
  expect(memory?.stderr).toContain('it needs the memory controller of cgroups');
});

test('a step that takes more memory than it may is ended, and the message says why', (context) => {
  needsSteps(context);
  requires(context, existsSync(MEMORY), 'the memory controller, version 1');
  const { status, stderr } = run('dd if=/dev/zero of=/dev/null bs=200M count=1', '--memory=50m');
  expect(status).toBe(1);
  expect(stderr).toContain('exit code: 137, out of the memory that --memory gives it');
});

test('a step that takes longer than it may is ended with everything in it', (context) => {
  needsSteps(context);
  const started = performance.now();
  const { status, stderr } = run("trap '' TERM; sleep 98 & sleep 97", '--step-timeout=500ms');
  expect(stderr).toContain('error[E_STEP_TIMEOUT]: the step was ended after 0.5 s');
  expect(stderr).toMatch(/Dockerfile:2:1$/m);
  expect(status).toBe(1);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('no limit is part of a key', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const dockerfile = 'RUN echo it_$((1 + 1))\n';
  const ran = (...args: string[]) =>
    / it_2$/m.test(buildOnHostile({ home, dockerfile, args }).stderr);
  expect(ran()).toBe(true);
  expect(ran('--ulimit=nofile=100', '--shm-size=1m', '--pids-limit=50', '--step-timeout=1h')).toBe(
    false,
  );
});

test.for([
  ['--memory=64q', '--memory cannot be "64q"', 'a size is a number and a unit'],
  ['--memory=1g --memory-swap=512m', '--memory-swap cannot be "512m"', 'it counts memory too'],
  ['--ulimit=nofil=5', '--ulimit cannot be "nofil=5"', 'did you mean nofile?'],
  ['--ulimit=nofile=5:4', '--ulimit cannot be "nofile=5:4"', 'SOFT is at most HARD'],
  ['--cpus=0', '--cpus cannot be "0"', 'as 1.5'],
  ['--cpus=1 --cpu-quota=5', '--cpus cannot be "1"', 'leave those out'],
  ['--cpuset-cpus=a', '--cpuset-cpus cannot be "a"', 'a list of numbers and ranges'],
  ['--pids-limit=0', '--pids-limit cannot be "0"', 'a whole number above 0'],
  ['--cgroup-parent=../x', '--cgroup-parent cannot be "../x"', 'a path below the root'],
  ['--step-timeout=5', '--step-timeout cannot be "5"', 'a number and a unit'],
])('%s is wrong usage', ([words = '', message = '', hint = '']) => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\n' });
  const { status, stderr } = slipway(tmpDir(), ['build', ...words.split(' '), folder]);
  expect(stderr).toContain(`error[E_USAGE]: ${message}`);
  expect(stderr).toContain(hint);
  expect(status).toBe(2);
});

test('the control group of a build that was killed goes with the next one', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN echo runs; sleep 99\n` });
  requires(context, existsSync('/sys/fs/cgroup/pids/tasks'), 'the pids controller, version 1');
  const killed = startSlipway(tmpDir(), ['build', '--progress=plain', folder]);
  const groups = () =>
    readdirSync('/sys/fs/cgroup/pids').filter((name) =>
      new RegExp(`^slipway-\\d+-${killed.pid}-`).test(name),
    );
  for await (const chunk of killed.stderr ?? []) if (/ runs$/m.test(String(chunk))) break;
  expect(groups()).toHaveLength(1);
  killed.kill('SIGKILL');
  await ended(killed);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(run('true').status).toBe(0);
  expect(groups()).toEqual([]);
});
