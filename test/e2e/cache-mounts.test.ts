// Cache mounts: who shares a folder with whom, what it begins with, whose it is, and that nothing of it is in the image.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCache } from '../../cache/cache-mounts.ts';
import { sha256 } from '../../core/digest.ts';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { tmpDir } from '../support/tmp.ts';

const never = new AbortController().signal;

/** What the steps of a build printed. */
function printed(dockerfile: string, home = tmpDir(), args: readonly string[] = []): string[] {
  const { status, stderr } = buildOnHostile({ home, dockerfile, args });
  expect(status, stderr).toBe(0);
  return [...stderr.matchAll(/^#\d+ [\d.]+ (.*)$/gm)].map(([, line = '']) => line);
}

test('a private cache is kept for the next step, and two steps at once have one each', (context) => {
  needsSteps(context);
  const mount = '--mount=type=cache,id=p,target=/c,sharing=private';
  const apart = (name: string) =>
    `FROM base:1 AS ${name}\nRUN ${mount} touch /c/${name}; sleep 1; ls /c | wc -l\n`;
  const home = tmpDir();
  const both = `${apart('a')}${apart('b')}FROM base:1\nCOPY --from=a /bin/true /a\nCOPY --from=b /bin/true /b\n`;
  expect(printed(both, home)).toEqual(['1', '1']);
  const after = `RUN ${mount} ls /c | wc -l\nRUN ${mount} echo again; ls /c | wc -l; test ! -e /c.1\n`;
  expect(printed(after, home)).toEqual(['1', 'again', '1']);
});

test('a locked cache is waited for, and a shared one is not', (context) => {
  needsSteps(context);
  const build = (sharing: string) => {
    const mount = `--mount=type=cache,id=l,target=/c,sharing=${sharing}`;
    // Each says that it is there before it looks for the other: they may begin at the same moment.
    const step = (name: string, other: string) =>
      `FROM base:1 AS ${name}\nRUN ${mount} touch /c/${name}; sleep 1; test -e /c/${other} && echo together; sleep 1; rm /c/${name}; echo ${name}\n`;
    return printed(
      `${step('a', 'b')}${step('b', 'a')}FROM base:1\nCOPY --from=a /bin/true /a\nCOPY --from=b /bin/true /b\n`,
    );
  };
  expect(build('locked').toSorted()).toEqual(['a', 'b']);
  expect(new Set(build('shared'))).toEqual(new Set(['a', 'b', 'together']));
});

test('a cache begins as a folder of a stage, a context or an image, and goes on from there', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const dockerfile = (last: string) =>
    `FROM base:1 AS s\nRUN mkdir -m 700 -p /d/e && echo of the stage > /d/e/f && ln /d/e/f /d/e/g && chown 5:6 /d /d/e/f\nFROM base:1\n${last}`;
  const stage = '--mount=type=cache,target=/c,from=s,source=/d';
  const first = `RUN ${stage} cat /c/e/g; stat -c '%a %u:%g' /c /c/e/f; rm /c/e/f; echo new > /c/e/h\n`;
  expect(printed(dockerfile(first), home)).toEqual(['of the stage', '755 5:6', '644 5:6']);
  const second = `RUN ${stage} ls /c/e; echo > /c/more\nRUN test ! -e /c\n`;
  expect(printed(dockerfile(second), home)).toEqual(['g', 'h']);
  const folder = tmpDir();
  writeFileSync(join(folder, 'given'), 'of a context');
  const other = 'RUN --mount=type=cache,target=/c,from=ctx cat /c/given\n';
  expect(printed(other, home, [`--build-context=ctx=${folder}`])).toEqual(['of a context']);
  const image =
    'RUN --mount=type=cache,target=/c,from=base:1,source=bin test -x /c/busybox && echo is\n';
  expect(printed(image, home)).toEqual(['is']);
});

test('mode, uid and gid are those of the folder, and another owner means another cache', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const of = (more: string) =>
    printed(
      `RUN --mount=type=cache,id=o,target=/c${more} stat -c '%a %u:%g' /c; ls /c; touch /c/x\n`,
      home,
    );
  expect(of('')).toEqual(['755 0:0']);
  expect(of(',mode=0700,uid=1000,gid=1001')).toEqual(['700 1000:1001']);
  expect(of(',from=base:1,source=/bin,uid=7').slice(0, 1)).toEqual(['755 7:0']);
});

test('a read-only cache shows what is there and takes nothing', (context) => {
  needsSteps(context);
  const mount = '--mount=type=cache,id=r,target=/c';
  const lines = printed(
    `RUN ${mount} echo kept > /c/f\nRUN ${mount},ro cat /c/f; touch /c/g || echo refused\n`,
  );
  expect(lines.toSorted()).toEqual(['kept', 'refused', expect.stringMatching(/Read-only/)]);
});

test('a source that is not there, is a file, or has no from, is refused with its place', (context) => {
  needsSteps(context);
  const error = (more: string) =>
    buildOnHostile({ home: tmpDir(), dockerfile: `RUN --mount=type=cache,target=/c${more} true\n` })
      .stderr;
  expect(error(',from=base:1,source=/none')).toContain(
    'error[E_MOUNT]: --mount: "/none" is not in the stage',
  );
  expect(error(',from=base:1,source=/bin/busybox')).toContain(
    'error[E_MOUNT]: --mount: "/bin/busybox" in the stage is no folder',
  );
  expect(error(',source=/x')).toMatch(/error\[E_MOUNT\]: --mount: source needs from\n --> .*:2:/);
  expect(error(',sharing=privat')).toContain('Did you mean private?');
});

test('a folder that a dead process used is free, and one that a live one uses is not', async () => {
  const root = tmpDir();
  const name = sha256('a cache');
  const take = async (sharing: 'shared' | 'private') => {
    const used = await useCache(root, name, sharing, never);
    mkdirSync(used.container, { recursive: true });
    return used;
  };
  const first = await take('private');
  const second = await take('private');
  const shared = await take('shared');
  expect(second.container).toBe(`${first.container}.1`);
  expect(shared.container).toBe(`${first.container}.2`);
  expect((await take('shared')).container).toBe(shared.container);
  await first.release();
  expect((await take('private')).container).toBe(first.container);
});

test('waiting for a locked cache ends with the build', async () => {
  const root = tmpDir();
  const name = sha256('a cache');
  const held = await useCache(root, name, 'locked', never);
  await expect(useCache(root, name, 'locked', AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
  await held.release();
  await (await useCache(root, name, 'locked', never)).release();
});
