// slipway inside of an ordinary container: as root, with the capabilities that podman or docker give by default and
// with their filter. The machine's own /usr is the container's image.

import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { CHECKOUT } from '../support/peers.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = 'SOURCE_DATE_EPOCH=1700000000';

/** What docker's default profile keeps from a root without CAP_SYS_ADMIN, as far as it matters here. */
const WITHOUT_NAMESPACES = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    {
      names: [
        ...[
          'unshare',
          'setns',
          'mount',
          'umount2',
          'pivot_root',
          'sethostname',
          'keyctl',
          'ptrace',
        ],
        ...['fsopen', 'fsconfig', 'fsmount', 'open_tree', 'move_mount', 'mount_setattr'],
        ...['process_vm_readv', 'process_vm_writev'],
      ],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1,
    },
    {
      names: ['clone'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1,
      args: [{ index: 0, value: 0x10000000, valueTwo: 0x10000000, op: 'SCMP_CMP_MASKED_EQ' }],
    },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
  ],
};

/** As docker's default profile, which asks for CAP_SYS_PTRACE for it. */
const WITHOUT_HANDOVER = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['pidfd_getfd'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
};

const STEPS = `RUN mkdir -p /etc /a/b && printf 'root:x:0:0::/:/bin/sh\\nwww:x:33:33::/:/bin/sh\\n' > /etc/passwd \\
 && echo 1 > /a/b/f && ln /a/b/f /a/g && chown -R www /a && chmod 4755 /a/b/f && ln -s b /a/l && mkfifo /a/p
RUN rm -r /a/b && mkdir /a/b && echo > /dev/null && dd if=/dev/urandom of=/r bs=16 count=1 2> /dev/null && rm /r
RUN su www -c 'id -u > /tmp/x' 2> /dev/null || true; mkdir -m 1777 /tmp; grep -c processor /proc/cpuinfo > /dev/null
RUN --mount=type=cache,target=/c --mount=type=bind,target=/src cp /src/Dockerfile /copied && touch /c/x
USER www
RUN id > /tmp/who
`;

interface Container {
  readonly words: readonly string[];
  readonly context: string;
}

/** Runs slipway in a container. */
function inside(home: string, { words, context }: Container, ...args: string[]): Finished {
  const root = tmpDir();
  for (const name of ['usr', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'run', 'store', 'context'])
    mkdirSync(join(root, name));
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const link = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (link?.isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
  }
  const storage = tmpDir();
  const mounts = [
    ...['/usr:/usr:ro', '/etc:/etc:ro', `${CHECKOUT}:/slipway:ro`],
    ...[`${home}:/store`, `${context}:/context:ro`],
  ];
  const { status, stdout, stderr } = spawnSync(
    'podman',
    [
      ...['--root', join(storage, 'root'), '--runroot', join(storage, 'run')],
      ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
      ...['run', '--rm', '--network=host', '--ulimit=nofile=1024:1024', '--ulimit=nproc=4096:4096'],
      ...mounts.flatMap((mount) => ['-v', mount]),
      ...['-e', 'SLIPWAY_HOME=/store', '-e', EPOCH, '-e', 'XDG_CACHE_HOME=/run'],
      ...words,
      ...['--rootfs', root, process.execPath, '/slipway/dist/slipway.cjs', ...args],
    ],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function contextFor(context: TestContext): string {
  requiresPrograms(context, 'podman', 'runc');
  requires(context, process.getuid?.() === 0, 'root, to start a container');
  requires(context, process.execPath.startsWith('/usr/'), 'a node below /usr');
  return busyboxContext(context, { Dockerfile: `${BUSYBOX}${STEPS}` });
}

function builtOutside(folder: string): string {
  const { stdout, stderr } = slipway(tmpDir(), ['build', '-q', folder], {
    SOURCE_DATE_EPOCH: '1700000000',
  });
  expect(stderr).toBe('');
  return stdout;
}

const FEWEST = [
  'SYS_CHROOT',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'SETUID',
  'SETGID',
  'SETPCAP',
];

test.for([
  ["podman's own capabilities", []],
  ['the fewest that do', ['--cap-drop=all', `--cap-add=${FEWEST.join()}`]],
] as const)('the chroot rung with %s', ([, words], context) => {
  const folder = contextFor(context);
  const container = { words, context: folder };
  const built = inside(tmpDir(), container, 'build', '-q', '--isolation=chroot', '/context');
  expect(built).toEqual({ status: 0, stdout: builtOutside(folder), stderr: '' });
});

test("by itself, in podman's default container: namespaces are there, and the image is root's", (context) => {
  const folder = contextFor(context);
  const built = inside(tmpDir(), { words: [], context: folder }, 'build', '-q', '/context');
  expect(built).toEqual({ status: 0, stdout: builtOutside(folder), stderr: '' });
});

test('by itself, in a container that has no namespaces to give: doctor says so, and the build is the same', (context) => {
  const folder = contextFor(context);
  const profile = join(tmpDir(), 'profile.json');
  writeFileSync(profile, JSON.stringify(WITHOUT_NAMESPACES));
  const words = [`--security-opt=seccomp=${profile}`, '--cap-add=MKNOD,NET_RAW,AUDIT_WRITE'];
  const container = { words, context: folder };
  const home = tmpDir();
  expect(inside(home, container, 'doctor').stdout).toMatch(
    /^ok +isolation: chroot \(no namespaces here \(userns: .*\nok +observation: notice /m,
  );
  const built = inside(home, container, 'build', '-q', '/context');
  expect(built).toEqual({ status: 0, stdout: builtOutside(folder), stderr: '' });
});

test.for([
  ['a filter without ptrace and what goes with it', WITHOUT_NAMESPACES],
  ["a filter like docker's, by which a listener cannot be handed over", WITHOUT_HANDOVER],
] as const)(
  'on the chroot rung a step is reused by what it read, under %s',
  ([, filter], context) => {
    const folder = contextFor(context);
    const home = tmpDir();
    const profile = join(tmpDir(), 'profile.json');
    writeFileSync(profile, JSON.stringify(filter));
    const words = [`--security-opt=seccomp=${profile}`];
    const dockerfile = `${BUSYBOX}COPY note /note\nRUN cat /bin/busybox > /copy\n`;
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    const build = (note: string) => {
      writeFileSync(join(folder, 'note'), note);
      const args = ['build', '--progress=json', '--isolation=chroot', '/context'];
      return steps(inside(home, { words, context: folder }, ...args)).at(-1)?.status;
    };
    expect([build('one'), build('two')]).toEqual(['ran', 'traced']);
  },
);
