// Steps on a hostile base, by the whole program: CVE-2024-21626 (a working folder through a descriptor),
// CVE-2023-27561 and -28642 (/proc, /sys, /dev as links), CVE-2021-30465 (mount targets through links),
// CVE-2024-1753 (the source of a bind mount is a link), CVE-2024-9675 (the id of a cache mount is a path).
// The runner's own part of each is in the files named after them.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildOnHostile, type HostileBuild, needsSteps } from '../support/hostile.ts';
import { member } from '../support/raw-tar.ts';
import type { Finished } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const link = (name: string, target: string): Buffer => member({ name, type: '2', link: target });
const UP = '../../../../../../../../../../..';

function build(given: Omit<HostileBuild, 'home'>): Finished {
  return buildOnHostile({ home: tmpDir(), ...given });
}

function refused({ status, stderr }: Finished, message: string): void {
  expect(status).toBe(1);
  expect(stderr).toContain(`error[E_SANDBOX]: ${message}`);
}

test.for([
  ['proc', link('proc', '/etc'), 'Too many levels of symbolic links'],
  ['sys', link('sys', `${UP}/tmp`), 'Too many levels of symbolic links'],
  ['dev', link('dev', '/'), 'Too many levels of symbolic links'],
  ['proc', member({ name: 'proc', content: '' }), 'Not a directory'],
] as const)('/%s that is no folder is refused', ([name, entry, why], context) => {
  needsSteps(context);
  const result = build({ members: [entry], dockerfile: 'RUN true\n' });
  refused(result, `/${name} of the image is not a real directory: ${why}`);
});

test('no working folder leads through a descriptor, of the Dockerfile or of the base', (context) => {
  needsSteps(context);
  const path = '/proc/self/fd/8';
  const message = `cannot change to the working folder ${path}`;
  refused(build({ dockerfile: `WORKDIR ${path}\nRUN ls\n` }), message);
  refused(build({ dockerfile: 'RUN ls\n', config: { WorkingDir: path } }), message);
  const linked = build({
    members: [link('w', '/proc/self/fd')],
    dockerfile: 'WORKDIR /w/8\nRUN ls\n',
  });
  refused(linked, 'cannot change to the working folder /w/8');
});

test('mounts on targets that are links stay inside', (context) => {
  needsSteps(context);
  const outside = tmpDir();
  const { status, stderr } = build({
    members: [link('t', `${UP}${outside}`)],
    dockerfile:
      'RUN --mount=type=tmpfs,target=/t/a --mount=type=cache,target=/t/b touch /t/a/x /t/b/x && echo mounted\n',
  });
  expect(status, stderr).toBe(0);
  expect(readdirSync(outside)).toEqual([]);
  const magic = build({ dockerfile: `RUN --mount=type=tmpfs,target=/proc/self/root/x true\n` });
  refused(magic, 'cannot open the mount target /proc/self/root/x of the image');
});

test("the machine's files that every step gets are not written through links", (context) => {
  needsSteps(context);
  const outside = tmpDir();
  mkdirSync(join(outside, 'etc'));
  const files = ['resolv.conf', 'hosts'].map((name) =>
    link(`etc/${name}`, `${UP}${outside}/${name}`),
  );
  for (const members of [files, [link('etc', `${outside}/etc`)]]) {
    const { status, stderr } = build({ members, dockerfile: 'RUN echo >> /etc/hosts; true\n' });
    expect(status, stderr).toBe(0);
  }
  expect(readdirSync(outside)).toEqual(['etc']);
  expect(readdirSync(join(outside, 'etc'))).toEqual([]);
});

test('a bind mount shows what its source is in the image, whatever links it has', (context) => {
  needsSteps(context);
  const marker = tmpDir();
  const members = [link('root', '/'), link('up', UP), link('x', marker)];
  const home = tmpDir();
  const mount = (source: string, then: string): Finished =>
    buildOnHostile({
      home,
      args: ['--no-cache'],
      members,
      dockerfile: `FROM base:1\nRUN --mount=type=bind,from=base:1,source=${source},target=/m ${then}\n`,
    });
  for (const source of ['/root', '/up', '/root/up/root']) {
    const shown = mount(source, `ls /m && test ! -e /m${marker} && echo inside`);
    expect(shown.stderr, source).toMatch(/^#\d+ [\d.]+ inside$/m);
  }
  const missing = mount('/x', 'ls /m');
  expect(missing.stderr).toContain('error[E_COPY_SOURCE]: "/x" is not in the stage');
});

test('the id of a cache mount is no path', (context) => {
  needsSteps(context);
  const [home, outside] = [tmpDir(), tmpDir()];
  const ids = [`${UP}${outside}`, outside, '..', '.', '/'];
  const mounts = ids.map((id, i) => `--mount=type=cache,id=${id},target=/m${i}`).join(' ');
  const { status, stderr } = buildOnHostile({
    home,
    dockerfile: `RUN ${mounts} touch /m0/f /m1/f /m2/f /m3/f /m4/f\n`,
  });
  expect(status, stderr).toBe(0);
  expect(readdirSync(outside)).toEqual([]);
  expect(existsSync(join(home, 'mounts/f'))).toBe(false);
  // Each with its lock and the list of its users.
  const names = readdirSync(join(home, 'mounts'));
  expect(names.filter((name) => !/^[0-9a-f]{64}(\.lock|\.users)?$/.test(name))).toEqual([]);
  expect(names.filter((name) => !name.includes('.'))).toHaveLength(5);
});
