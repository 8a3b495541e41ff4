// Rung chroot, for a root without namespaces: the images that rung root makes, bit for bit; mounts that are
// put in and taken out; what cannot be had is refused.

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, type TestContext, test } from 'vitest';
import { debianBase } from '../support/debian-base.ts';
import { OWNERS, OWNERS_DEBIAN } from '../support/owners.ts';
import { requires } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

beforeEach((context) => {
  requires(context, process.getuid?.() === 0, 'root');
});

/** On bare root nothing keeps a device node from being opened, so a step makes none. */
function withoutDevices(dockerfile: string): string {
  return [
    ' && mknod /null c 1 3 && mknod -m 640 /disk b 7 9',
    ` && test "$(stat -c '%F %u:%g' /null)" = 'character special file 0:0'`,
    'mknod /null c 1 3 && mknod /disk b 7 0 && ',
  ].reduce((text, part) => text.replace(part, ''), dockerfile);
}

function on(rung: string, home: string, folder: string, ...args: string[]): Finished {
  return slipway(home, ['build', `--isolation=${rung}`, ...args, folder], EPOCH);
}

/** Builds on rung root and on rung chroot, and returns what both say, which is the same. */
function sameOnBoth(folder: string, ...args: string[]): string {
  const byRoot = on('root', tmpDir(), folder, '-q', ...args);
  expect(byRoot.stderr).toBe('');
  expect(on('chroot', tmpDir(), folder, '-q', ...args)).toEqual(byRoot);
  return byRoot.stdout;
}

function contextWith(context: TestContext, steps: string): string {
  const base = BUSYBOX.replace('FROM scratch', 'FROM scratch AS base');
  return busyboxContext(context, { Dockerfile: `${base}${steps}` });
}

test('owners, modes, links, removals: the image that rung root makes, and the second time from the cache', (context) => {
  const dockerfile = withoutDevices(OWNERS.Dockerfile);
  const folder = busyboxContext(context, { ...OWNERS, Dockerfile: dockerfile });
  const home = tmpDir();
  const wanted = sameOnBoth(folder);
  const first = on('chroot', home, folder, '--progress=json');
  expect(first.stdout).toContain('"chosen":"chroot"');
  const again = on('chroot', home, folder, '--progress=json');
  expect(steps(again).map(({ status }) => status)).not.toContain('ran');
  expect(on('chroot', home, folder, '-q').stdout).toBe(wanted);
  expect(['tmp', 'leases', 'mounts'].flatMap((name) => readdirSync(join(home, name)))).toEqual([]);
  sameOnBoth(folder, '--target=work');
});

test('what overlayfs has of its own: parted links, hidden folders, copied parents, type changes', (context) => {
  const folder = contextWith(
    context,
    `RUN mkdir -p /a/b /c/d /e && echo 1 > /a/b/f && ln /a/b/f /a/g && echo 2 > /c/d/f && ln -s f /c/d/l && echo 3 > /file
RUN echo more >> /a/g && test "$(cat /a/b/f)" = 1
RUN chmod 600 /a/b/f && rm -r /c && mkdir -p /c/d && touch /c/d/new
RUN rm /file && mkdir /file && touch /file/in && rmdir /e && echo > /e
RUN rm -r /file && ln -s /nowhere /file && touch /c/x && rm /c/x && mv /c/d /moved
COPY Dockerfile /moved/copied
RUN rm /moved/copied && mkdir /moved/copied && setfattr -n user.x -v 1 /moved 2>/dev/null || true
RUN true
RUN chown 5:6 / && chmod 750 /
`,
  );
  sameOnBoth(folder);
});

test("Debian's own tools: users, groups, su, setpriv, cp -a, tar", (context) => {
  const folder = tmpDir();
  copyFileSync(debianBase(context), join(folder, 'base.tar'));
  // Names of one file of the image are files of their own here, and so they are when they are copied.
  const dockerfile = withoutDevices(OWNERS_DEBIAN).replace(' && ln /app/a /app/h', '');
  writeFileSync(
    join(folder, 'Dockerfile'),
    dockerfile.replace('\n', '\nRUN rm -f /etc/.pwd.lock\n'),
  );
  const build = (rung: string): Finished => {
    const home = tmpDir();
    expect(slipway(home, ['load', '-i', join(folder, 'base.tar')])).toMatchObject({ status: 0 });
    return on(rung, home, folder, '-q');
  };
  const byRoot = build('root');
  expect(byRoot.stderr).toBe('');
  expect(build('chroot')).toEqual(byRoot);
});

test('one store serves this rung and others without mixing them', (context) => {
  const folder = busyboxContext(context, {
    ...OWNERS,
    Dockerfile: withoutDevices(OWNERS.Dockerfile),
  });
  const home = tmpDir();
  const first = on('root', home, folder, '-q');
  for (const rung of ['chroot', 'root', 'single-id', 'chroot'])
    expect(on(rung, home, folder, '-q', '--no-cache')).toEqual(first);
  expect(slipway(home, ['cache', 'verify'])).toMatchObject({ status: 0 });
});

test('binds, caches, secrets and tmpfs are there for the step, and leave no trace', (context) => {
  const folder = contextWith(
    context,
    `FROM scratch AS src
COPY Dockerfile /dir/one
FROM base
RUN --mount=type=bind,source=Dockerfile,target=/in/file --mount=type=bind,from=src,source=dir,target=/in/dir,rw \
 cmp /in/file /in/dir/one && echo x > /in/dir/two && cat /in/dir/* | wc -l > /lines
RUN --mount=type=cache,target=/cache/deep echo 1 >> /cache/deep/n && cp /cache/deep/n /n1
RUN --mount=type=cache,target=/cache/deep echo 2 >> /cache/deep/n && cp /cache/deep/n /n2
RUN --mount=type=cache,target=/cache/deep,readonly cp -r /cache/deep /seen-cache && echo 3 >> /cache/deep/n || true
RUN --mount=type=cache,target=/cache/deep test "$(wc -l < /cache/deep/n)" = 2
RUN --mount=type=secret,id=s,target=/etc/key,mode=0440,uid=3 --mount=type=secret,id=s,env=KEY \
 test "$(cat /etc/key)" = "$KEY" && stat -c '%a %u %s' /etc/key > /seen
RUN --mount=type=tmpfs,target=/tmp/t echo x > /tmp/t/f && stat -c %a /tmp/t > /mode
RUN test ! -e /etc/key && test ! -e /in && test ! -e /cache && test ! -e /tmp
`,
  );
  const secret = join(tmpDir(), 's');
  writeFileSync(secret, 'hush');
  sameOnBoth(folder, '--secret', `id=s,src=${secret}`);
});

test('a cache outlives its build, and the secret of a failed step does not', (context) => {
  const home = tmpDir();
  const folder = contextWith(
    context,
    'RUN --mount=type=cache,target=/c --mount=type=secret,id=s,target=/run/s echo x >> /c/n; test "$(cat /c/n | wc -l)" = 2\n',
  );
  const secret = join(tmpDir(), 's');
  writeFileSync(secret, 'hush');
  const build = () => on('chroot', home, folder, '-q', '--secret', `id=s,src=${secret}`);
  expect(build()).toMatchObject({ status: 1, stderr: expect.stringContaining('E_RUN_FAILED') });
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  expect(build().status).toBe(0);
});

test('resolv.conf, hosts and certificates are not in the image, whatever the step does to them', (context) => {
  const folder = contextWith(
    context,
    `RUN mkdir -p /etc && echo own > /etc/hosts
RUN grep -q localhost /etc/hosts && rm /etc/hosts && echo forged > /etc/hosts && rm -rf /proc/x
RUN --mount=type=secret,id=s,target=/etc/key mkdir /moved && mv /etc/hosts /moved && ln /etc/key /moved/key \\
 && mkdir /etc/own && mv /etc /moved/all && mkdir /etc && echo 2 > /etc/hosts
RUN test "$(ls /moved)" = all && test "$(ls /moved/all)" = own && mkdir /seen
`,
  );
  const home = tmpDir();
  const [out, secret] = [join(tmpDir(), 'out'), join(tmpDir(), 's')];
  writeFileSync(secret, 'hush');
  const output = ['-o', `type=local,dest=${out}`, '--secret', `id=s,src=${secret}`];
  expect(on('chroot', home, folder, '-q', ...output)).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(out, 'etc/hosts'), 'utf8')).toBe('2\n');
  expect(readdirSync(join(out, 'moved/all'))).toEqual(['own']);
  expect(existsSync(join(out, 'seen'))).toBe(true);
});

test.for<readonly [string, string]>([
  ['RUN --mount=type=tmpfs,target=/t,size=1m true', 'tmpfs,size= cannot be had'],
  ['RUN --security=insecure true', '--security=insecure cannot be had'],
])('%s is refused', ([step, message], context) => {
  const folder = contextWith(context, `${step}\n`);
  const result = on('chroot', tmpDir(), folder, '-q', '--allow=security.insecure');
  expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
  expect(result.stderr).toContain('error[E_ISOLATION]');
  expect(result.stderr).toContain(`Dockerfile:${BUSYBOX.split('\n').length}`);
});

test('a step without network has no address at all; /dev/shm has no size', (context) => {
  const folder = contextWith(
    context,
    'RUN --network=none ! nc -w 1 127.0.0.1 9 2> /why; cat /why\n',
  );
  const { stdout, stderr } = on('chroot', tmpDir(), folder, '--progress=plain');
  expect(stdout + stderr).toMatch(/Address family not supported/);
  const sized = on('chroot', tmpDir(), folder, '-q', '--shm-size=1m');
  expect(sized.stderr).toContain('error[E_ISOLATION]: --shm-size cannot be had');
});
