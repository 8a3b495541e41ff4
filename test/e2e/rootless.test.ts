// An ordinary user, who is made for these tests: the same image as root builds, bit for bit; nothing left
// behind; the cache; Ctrl-C.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  contextOf,
  ended,
  type Finished,
  slipway,
  steps,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

/** Everything that a rootless build could get wrong: owners, modes, links, deletions, users. */
const DOCKERFILE = `${BUSYBOX.replace('FROM scratch', 'FROM scratch AS tools')}\
RUN mkdir -p /etc && printf 'root:x:0:0::/:/bin/sh\\nwww:x:33:33::/:/bin/sh\\n' > /etc/passwd \
 && printf 'root:x:0:\\nwww:x:33:\\n' > /etc/group
FROM tools AS work
COPY --chown=www:www --chmod=4755 tool /usr/bin/tool
COPY --chown=1234:65535 data /data
RUN mkdir -m 1777 /tmp && echo one > /data/one && ln /data/one /data/two && ln -s ../data/one /tmp/link \
 && touch /deep && chown 60000:60001 /deep && chmod 6711 /deep && rm /data/gone && mkfifo /data/pipe
WORKDIR /home/www
RUN chown www /home/www
USER www
RUN id > who && mkdir -m 700 private && touch private/file && chmod g+s private
FROM scratch
COPY --from=work / /all
COPY --from=work --chown=5:6 /data/one /data/two /
RUN ["/all/bin/busybox", "touch", "/made"]
`;
const FILES = { Dockerfile: DOCKERFILE, tool: '#!/bin/sh\n', 'data/gone': '', 'data/stays': 'x' };

let user: OrdinaryUser | undefined;
afterAll(() => user?.remove());
beforeEach((context) => {
  requiresPrograms(context, 'useradd', 'userdel', 'newuidmap', 'newgidmap', 'busybox');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
});

test('an ordinary user builds what root builds, the second time from the cache, and leaves nothing', (context) => {
  const { made, folder, home } = place(busyboxContext(context, FILES));
  const byRoot = slipway(tmpDir(), ['build', '-q', folder], EPOCH);
  expect(byRoot.stderr).toBe('');
  const build = () => made.slipway(home, ['build', '--progress=json', folder], EPOCH);
  const first = build();
  expect(first.stderr).toBe('');
  expect(digestOf(first)).toBe(byRoot.stdout.trim());
  expect(leftBehind(home)).toEqual([]);
  const again = build();
  expect(steps(again).map(({ status }) => status)).not.toContain('ran');
  expect(digestOf(again)).toBe(byRoot.stdout.trim());
  const byEmptyCache = made.slipway(home, ['build', '-q', '--no-cache', folder], EPOCH);
  expect(byEmptyCache).toEqual({ status: 0, stdout: byRoot.stdout, stderr: '' });
  expect(leftBehind(home)).toEqual([]);
});

test("caches of a sub-id's own: begun, shared, gone on with, and the image that root makes", (context) => {
  const cache = '--mount=type=cache,target=/c,mode=0700,uid=33,gid=34';
  const Dockerfile = `${BUSYBOX}FROM scratch AS seed
COPY --chown=7:8 busybox /d/b
FROM 0
RUN ${cache} stat -c '%a %u:%g' /c > /owner; echo 1 > /c/n; chown 33 /c/n
USER 33:34
RUN ${cache} cat /c/n > /tmp/n || true; echo 2 >> /c/n; wc -l < /c/n
USER 0
RUN ${cache} test "$(wc -l < /c/n)" = 2
RUN --mount=type=cache,target=/c,from=seed,source=/d,uid=9 stat -c '%u:%g' /c /c/b > /seeded
`
    .replace('FROM scratch', 'FROM scratch AS first')
    .replace('FROM 0', 'FROM first');
  const { made, folder, home } = place(busyboxContext(context, { Dockerfile }));
  const byRoot = slipway(tmpDir(), ['build', '-q', folder], EPOCH);
  expect(byRoot.stderr).toBe('');
  for (const rung of ['rootless', 'single-id'])
    expect(made.slipway(home, ['build', '-q', `--isolation=${rung}`, folder], EPOCH)).toEqual(
      byRoot,
    );
});

test('an image that root saved is a base for an ordinary user, and the other way round', (context) => {
  const { made, folder, home } = place(busyboxContext(context, FILES));
  const rootHome = tmpDir();
  const [fromRoot, fromUser] = [join(folder, 'root.tar'), join(folder, 'user.tar')];
  expect(slipway(rootHome, ['build', '-q', '-t', 'base', '--target', 'work', folder]).status).toBe(
    0,
  );
  expect(slipway(rootHome, ['save', '-o', fromRoot, 'base'])).toMatchObject({ status: 0 });
  expect(made.slipway(home, ['load', '-i', fromRoot])).toMatchObject({ status: 0 });
  const next = 'FROM base\nUSER root\nRUN cat /data/two /home/www/who > /tmp/sums && rm -r /data\n';
  writeFileSync(join(folder, 'Dockerfile'), next);
  const built = made.slipway(home, ['build', '-q', '-t', 'next', folder], EPOCH);
  expect(built.stderr).toBe('');
  expect(slipway(rootHome, ['build', '-q', folder], EPOCH)).toEqual(built);
  const dest = `type=oci,dest=${fromUser}`;
  expect(made.slipway(home, ['build', '-q', '-o', dest, folder], EPOCH)).toEqual(built);
  expect(slipway(rootHome, ['load', '-i', fromUser]).status).toBe(0);
});

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends a rootless build and leaves nothing', async ([signal, wanted], context) => {
  const dockerfile = `${BUSYBOX}RUN mkdir -m 0 /shut; (sleep 1000 &); echo here; sleep 1000\n`;
  const { made, folder, home } = place(busyboxContext(context, { Dockerfile: dockerfile }));
  const child = made.start(home, ['build', '--progress=plain', folder]);
  const end = ended(child);
  await new Promise<void>((resolve) => {
    let text = '';
    const see = (chunk: unknown): void => {
      text += String(chunk);
      if (/\d here\n/.test(text)) resolve();
    };
    child.stderr?.on('data', see);
    child.once('close', () => resolve());
  });
  child.kill(signal);
  expect(await end).toBe(wanted);
  expect(leftBehind(home)).toEqual([]);
  // A process that has just died is still listed until its new parent, the machine's init, has reaped it.
  await expect.poll(() => processesOf(made.uid), { timeout: 10_000 }).toEqual([]);
});

test('without sub-ids, the rootless rung is refused with what to do, and builds without steps work', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nRUN ["/x"]\n' });
  const { made, folder: mine, home } = place(folder);
  made.removeSubIds();
  const refused = made.slipway(home, ['build', '--isolation=rootless', mine]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(
    /^error\[E_ISOLATION\]: slipway-t\d+ has no sub-ids in \/etc\/sub/m,
  );
  expect(refused.stderr).toMatch(/Dockerfile:2:1$/m);
  expect(refused.stderr).toContain('= hint: as root: usermod --add-subuids');
  writeFileSync(join(mine, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const byRoot = slipway(tmpDir(), ['build', '-q', mine], EPOCH);
  expect(made.slipway(home, ['build', '-q', mine], EPOCH)).toEqual(byRoot);
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

/** Temporaries and mounts of a store. */
function leftBehind(home: string): string[] {
  const files = ['tmp', 'leases', 'mounts'].flatMap((name) => readdirSync(join(home, name)));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [...files, ...mounts.filter((line) => line.includes(home))];
}

function processesOf(uid: number): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return new RegExp(`^Uid:\\t${uid}\\t`, 'm').test(
        readFileSync(`/proc/${name}/status`, 'utf8'),
      );
    } catch {
      return false;
    }
  });
}
