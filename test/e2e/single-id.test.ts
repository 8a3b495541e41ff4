// An ordinary user without sub-ids: one id, and the image that root builds all the same, bit for bit. What
// a supervisor must answer for: owners, devices, users that a process becomes, what stat shows of them.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { CHECKOUT } from '../support/peers.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

const DOCKERFILE = `${BUSYBOX.replace('FROM scratch', 'FROM scratch AS tools')}\
RUN mkdir -p /etc && printf 'root:x:0:0::/:/bin/sh\\nwww:x:33:33::/home/www:/bin/sh\\n' > /etc/passwd \
 && printf 'root:x:0:\\nwww:x:33:\\nextra:x:44:www\\n' > /etc/group
FROM tools AS work
COPY --chown=www:www --chmod=4755 tool /usr/bin/tool
COPY --chown=1234:65535 data /data
RUN mkdir -m 1777 /tmp && echo one > /data/one && ln /data/one /data/two && ln -s ../data/one /tmp/link \
 && touch /deep && chown 60000:60001 /deep && chmod 6711 /deep && rm /data/gone && mkfifo /data/pipe \
 && chown -R www:extra /data && chown -h 70000:70001 /tmp/link && mknod /null c 1 3 && mknod -m 640 /disk b 7 9
RUN mkdir -m 2775 /shared && chown 0:44 /shared && touch /shared/file && mkdir /shared/sub && echo x > /shared/sub/deep
RUN test "$(stat -c %u:%g /data/one)" = 33:44 && test "$(stat -c %u:%g /tmp/link)" = 70000:70001 \
 && test "$(stat -c '%F %u:%g' /null)" = 'character special file 0:0' && mv /tmp/link /tmp/moved && chown 33 /usr/bin/tool
WORKDIR /home/www
RUN chown www /home/www && su www -c 'id > by-su; mkdir su; touch su/file; ln -s file su/link'
USER www
RUN id > who && mkdir -m 700 private && touch private/file && chmod g+s private && (umask 077; touch closed) \
 && ! touch /etc/refused && ! chown root who && chgrp extra who
FROM scratch
COPY --from=work / /all
COPY --from=work --chown=5:6 /data/one /data/two /
RUN ["/all/bin/busybox", "touch", "/made"]
`;
/** What Debian's packages do when they are installed, and what people do after it. */
const DEBIAN = `FROM debian:bookworm
RUN useradd -m -s /bin/bash app && groupadd extra && usermod -aG extra app && test "$(stat -c %u:%g /etc/shadow)" = 0:42
RUN mkdir /app && echo hi > /app/a && ln -s a /app/l && mkfifo /app/p && ln /app/a /app/h && chown -R app:extra /app \
 && chmod 4755 /app/a && chown app /app/a && test "$(stat -c %a /app/a)" = 755 && chmod 4755 /app/a
RUN su app -c 'id > ~/id; touch ~/x; mkdir ~/d; ln -s x ~/s; ! touch /etc/no; ! rm /etc/passwd; ! chmod 777 /app/..'
RUN setpriv --reuid=app --regid=app --init-groups sh -c 'id > /tmp/y; ! touch /root/no'
RUN mknod /null c 1 3 && mknod /disk b 7 0 && touch /var/local/inherits && mkdir /var/local/d
RUN cp -a /home/app /srv/app && tar -C /srv -cf - app | tar -C /mnt -xf - && mv /app/l /app/moved && chown -h 12:13 /app/moved
USER app
WORKDIR /home/app
RUN touch made && (umask 077; mkdir priv; echo s > priv/s) && ! chown root made && ! test -w /etc && chgrp extra made \
 && cp -a /app copy 2>/dev/null; stat -c '%u:%g %a %F %n' * > list
USER root
RUN find / -xdev -user app | sort > /owned && find / -xdev -perm /6000 | sort > /set
`;
const FILES = { Dockerfile: DOCKERFILE, tool: '#!/bin/sh\n', 'data/gone': '', 'data/stays': 'x' };

let user: OrdinaryUser | undefined;
afterAll(() => user?.remove());
beforeEach((context) => {
  requiresPrograms(context, 'useradd', 'userdel', 'usermod', 'busybox');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  user?.removeSubIds();
});

test('a user without sub-ids builds what root builds, the second time from the cache', (context) => {
  const { made, folder, home } = place(busyboxContext(context, FILES));
  const byRoot = slipway(tmpDir(), ['build', '-q', folder], EPOCH);
  expect(byRoot.stderr).toBe('');
  const build = () => made.slipway(home, ['build', '--progress=json', folder], EPOCH);
  const first = build();
  expect(first.stderr).toBe('');
  expect(first.stdout).toContain('"chosen":"single-id"');
  expect(digestOf(first)).toBe(byRoot.stdout.trim());
  expect(leftBehind(home)).toEqual([]);
  const again = build();
  expect(steps(again).map(({ status }) => status)).not.toContain('ran');
  expect(digestOf(again)).toBe(byRoot.stdout.trim());
  const work = ['build', '-q', '--target=work', folder];
  expect(made.slipway(home, work, EPOCH)).toEqual(slipway(tmpDir(), work, EPOCH));
});

test('an image with many owners is a base, and one store serves two rungs without mixing them', (context) => {
  const { folder } = place(busyboxContext(context, FILES));
  const home = tmpDir();
  const run = (rung: string, ...args: string[]) =>
    slipway(home, ['build', '-q', `--isolation=${rung}`, ...args, folder], EPOCH);
  const base = run('root', '-t', 'base', '--target=work');
  expect(base.stderr).toBe('');
  const next =
    'FROM base\nUSER root\nRUN find /data /tmp /home/www -exec stat -c "%u:%g %a %F %n" {} + | sort > /list && cp -a /data /copy\n';
  writeFileSync(join(folder, 'Dockerfile'), next);
  const byRoot = run('root');
  expect(byRoot.stderr).toBe('');
  for (const rung of ['single-id', 'root', 'single-id'])
    expect(run(rung, '--no-cache')).toEqual(byRoot);
  expect(slipway(home, ['cache', 'prune', '--all'])).toMatchObject({ status: 0 });
  expect(readdirSync(join(home, 'layers'))).toEqual([]);
});

test("Debian's own tools: users, groups, su, setpriv, cp -a, tar, devices", (context) => {
  requiresPrograms(context, 'mmdebstrap', 'busybox');
  const { made, folder, home } = place(tmpDir());
  const bases = spawnSync('node', [join(CHECKOUT, 'scripts/make-bases.mjs'), '--no-load'], {
    encoding: 'utf8',
  });
  const archive = (JSON.parse(bases.stdout) as Record<string, string>)['debian:bookworm'] ?? '';
  copyFileSync(archive, join(folder, 'base.tar'));
  chmodSync(join(folder, 'base.tar'), 0o644);
  writeFileSync(join(folder, 'Dockerfile'), DEBIAN);
  const rootHome = tmpDir();
  const load = ['load', '-i', join(folder, 'base.tar')];
  expect(slipway(rootHome, load)).toMatchObject({ status: 0 });
  expect(made.slipway(home, load)).toMatchObject({ status: 0 });
  const build = ['build', '-q', '-f', join(folder, 'Dockerfile'), '--isolation'];
  const byUser = made.slipway(home, [...build, 'single-id', folder], EPOCH);
  expect(byUser.stderr).toBe('');
  expect(byUser).toEqual(slipway(rootHome, [...build, 'root', folder], EPOCH));
});

test('the rung can be asked for, and doctor names it', () => {
  const { made, home } = place(tmpDir());
  const { stdout } = made.slipway(home, ['doctor']);
  expect(stdout).toMatch(/^ok +isolation: single-id \(/m);
  expect(stdout).toMatch(/has no sub-ids in \/etc\/subuid/);
});

/** Gives the context to the user, and a store that is not there yet. */
function place(context: string) {
  if (user === undefined) throw new Error('there is no user');
  return { made: user, ...user.adopt(context) };
}

function digestOf({ stdout }: Finished): unknown {
  const done = stdout.split('\n').find((line) => line.includes('"event":"done"'));
  return (JSON.parse(done ?? '{}') as { digest?: unknown }).digest;
}

function leftBehind(home: string): string[] {
  return ['tmp', 'leases', 'mounts'].flatMap((name) => readdirSync(join(home, name)));
}
