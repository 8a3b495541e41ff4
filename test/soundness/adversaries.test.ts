// Steps and edits that a careless record would get wrong, one by one; and those that it must not be bothered by. Each is
// built, edited, and built again: whether the RUN ran is checked, and that its files are those of a build without reuse.

import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { StepEnded } from '../../core/events.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { smallDisk } from '../support/small-disk.ts';
import { forget, type Rule } from './forget.ts';
import { type Built, buildIn, makeTools, writeFile } from './project.ts';
import { soundnessWay } from './way.ts';

const WAY = soundnessWay();

/** Changes the files that are copied to `/`. */
type Edit = (root: string) => void;

interface Case {
  /** The files besides: path to text; a mode of 0755 with `#!`. */
  readonly files: Readonly<Record<string, string>>;
  /** What makes links and modes before the first build. */
  readonly make?: Edit;
  /** Lines above the step. */
  readonly above?: string;
  readonly run: string;
  readonly edit: Edit;
  /** On rung chroot such a step fails, or is not observed to its end. */
  readonly onChroot?: 'fails' | 'unobserved';
}

const write =
  (path: string, text: string, mode?: number): Edit =>
  (root) =>
    writeFile(join(root, path), text, mode);
const remove =
  (path: string): Edit =>
  (root) =>
    rmSync(join(root, path), { recursive: true, force: true });
const link =
  (path: string, target: string): Edit =>
  (root) => {
    remove(path)(root);
    symlinkSync(target, join(root, path));
  };
const mode =
  (path: string, bits: number): Edit =>
  (root) =>
    chmodSync(join(root, path), bits);
const folder =
  (path: string): Edit =>
  (root) =>
    void mkdirSync(join(root, path), { recursive: true });
const both =
  (...edits: Edit[]): Edit =>
  (root) => {
    for (const edit of edits) edit(root);
  };

interface Rebuilt {
  readonly step: StepEnded;
  readonly reused: Built;
  readonly fresh: Built;
}

/** Builds, edits, builds again, and without reuse too; in between the records may forget a rule. */
async function rebuilt(context: TestContext, adversary: Case, rule?: Rule): Promise<Rebuilt> {
  requiresPrograms(context, 'busybox', 'ldd');
  requires(context, process.getuid?.() === 0, 'root');
  if (WAY === 'chroot' && adversary.onChroot === 'fails') return context.skip();
  const top = smallDisk(context, '256m').path;
  const folderOfContext = join(top, 'context');
  makeTools(join(folderOfContext, 'tools'));
  const root = join(folderOfContext, 'root');
  mkdirSync(root);
  for (const [path, text] of Object.entries(adversary.files)) {
    writeFile(join(root, path), text, text.startsWith('#!') ? 0o755 : 0o644);
  }
  adversary.make?.(root);
  const dockerfile = `FROM scratch\nCOPY tools/ /\nCOPY root/ /\nENV PATH=/opt/bin:/bin\n${adversary.above ?? ''}\nRUN ${adversary.run}\n`;
  const build = (home: string, noCache: boolean) =>
    buildIn(join(top, home), folderOfContext, { dockerfile, noCache, way: WAY });
  expect((await build('reuse', false)).outcome).toMatch(/^sha256:/);
  if (rule !== undefined) await forget(join(top, 'reuse'), rule);
  adversary.edit(root);
  const reused = await build('reuse', false);
  const fresh = await build('fresh', true);
  const step = reused.steps.at(-1);
  if (step === undefined) throw new Error('no step');
  return { step, reused, fresh };
}

const cases = (all: Readonly<Record<string, Case>>) => Object.entries(all);

test.for(
  cases({
    'a file appears in a folder that was listed': {
      files: { 'd/a': '' },
      run: 'ls /d > /out',
      edit: write('d/b', ''),
    },
    'a file appears that a wildcard takes': {
      files: { 'd/a': 'a' },
      run: 'cat /d/* > /out',
      edit: write('d/b', 'b'),
    },
    'another kind of thing in a folder that was looked through': {
      files: { 'd/a': 'a', 'd/b': 'b' },
      run: 'find /d -type f | sort > /out',
      edit: link('d/b', 'a'),
    },
    'a program is found earlier in PATH': {
      files: { 'bin/tool': '#!/bin/sh\necho late\n', 'opt/bin/other': '' },
      run: 'tool > /out',
      edit: write('opt/bin/tool', '#!/bin/sh\necho early\n', 0o755),
    },
    'a link half-way leads elsewhere': {
      files: { 'one/f': '1', 'two/f': '2' },
      make: link('way', 'one'),
      run: 'cat /way/f > /out',
      edit: link('way', '/two'),
    },
    'a link at the end leads elsewhere': {
      files: { one: '1', two: '2' },
      make: link('way', 'one'),
      run: 'cat /way > /out',
      edit: link('way', 'two'),
    },
    'what the step’s own link leads to': {
      files: { 'd/f': '1' },
      run: 'ln -s /d/f /tmp/l; cat /tmp/l > /out; rm /tmp/l',
      edit: write('d/f', '2'),
    },
    'what the step’s own link to a folder leads to': {
      files: { 'd/f': '1' },
      run: 'ln -s /d /tmp/l; ls /tmp/l > /out; rm /tmp/l',
      edit: write('d/g', '2'),
    },
    'an interpreter': {
      files: { 'opt/sh': '#!/bin/sh\necho one\n', s: '#!/opt/sh\n' },
      run: '/s > /out',
      edit: write('opt/sh', '#!/bin/sh\necho two\n', 0o755),
    },
    'the interpreter of an interpreter': {
      files: {
        'opt/sh': '#!/opt/link\necho one\n',
        s: '#!/opt/sh\n',
        'opt/two': '#!/bin/sh\necho 2\n',
      },
      make: link('opt/link', '/bin/busybox'),
      run: '/s > /out 2>&1 || true',
      edit: link('opt/link', 'two'),
    },
    'a library that goes before': {
      files: { f: 'text', 'opt/lib/x': '' },
      run: 'LD_LIBRARY_PATH=/opt/lib dyncat /f > /out 2> /dev/null || echo broken > /out',
      edit: write('opt/lib/libc.so.6', 'no library'),
    },
    'the file that names libraries to load first': {
      files: { f: 'text' },
      run: 'dyncat /f > /out 2>&1 || echo broken > /out',
      edit: write('etc/ld.so.preload', '/f\n'),
    },
    'the mode of a folder above': {
      files: { 'd/e/f': 'text' },
      run: "su me -c 'cat /d/e/f' > /out 2>&1 || echo no > /out",
      edit: mode('d', 0o700),
    },
    'the mode of a file': {
      files: { f: 'text' },
      run: "su me -c 'cat /f' > /out 2>&1 || echo no > /out",
      edit: mode('f', 0o600),
    },
    'a file that was appended to': {
      files: { f: 'one\n' },
      run: 'echo more >> /f',
      edit: write('f', 'two\n'),
    },
    'a file that got another mode, and whose content came along': {
      files: { f: 'one\n' },
      run: 'chmod 600 /f',
      edit: write('f', 'two\n'),
    },
    'a file that was only touched': {
      files: { f: 'one\n' },
      run: 'touch /f',
      edit: write('f', 'two\n'),
    },
    'a file that got another name': {
      files: { 'd/f': 'one\n' },
      run: 'mv /d/f /g',
      edit: write('d/f', 'two\n'),
    },
    'a folder that got another name': {
      files: { 'd/f': 'one\n' },
      run: 'mv /d /e',
      edit: write('d/g', 'two\n'),
      onChroot: 'unobserved',
    },
    'a file below a folder that got another name': {
      files: { 'd/e/f': 'one\n' },
      run: 'mv /d /e && cat /e/e/f > /out',
      edit: write('d/e/f', 'two\n'),
      onChroot: 'unobserved',
    },
    'a file that got a second name': {
      files: { f: 'one\n' },
      run: 'ln /f /g',
      edit: write('f', 'two\n'),
    },
    'the mode of a folder that something was put into': {
      files: { 'd/f': '' },
      run: 'echo x > /d/new',
      edit: mode('d', 0o711),
    },
    'test -e of what is there now': {
      files: { f: '' },
      run: 'test -e /d/e/f && echo yes > /out; true',
      edit: write('d/e/f', ''),
    },
    'test -e where a folder on the way is there now': {
      files: { f: '' },
      run: 'cat /d/e/f 2>&1 | head -n 1 > /out',
      edit: write('d', 'a file'),
    },
    'test -x of what may be run now': {
      files: { f: '' },
      run: 'test -x /f && echo yes > /out; true',
      edit: mode('f', 0o755),
    },
    'a file that becomes a folder': {
      files: { f: '' },
      run: 'test -d /f && echo yes > /out; true',
      edit: both(remove('f'), folder('f')),
    },
    'a file that was removed and is gone': {
      files: { f: '', g: '' },
      run: 'rm /f 2> /dev/null || echo gone > /out',
      edit: remove('f'),
    },
    'a folder that was emptied': {
      files: { 'd/f': '' },
      run: 'rm -rf /d; mkdir /d; echo new > /d/f',
      edit: write('d/g', ''),
    },
    'a folder that was empty and removed': {
      files: { 'd/f': '' },
      make: folder('d/e'),
      run: 'rmdir /d/e 2> /dev/null || echo full > /out',
      edit: write('d/e/f', ''),
    },
    'a folder that was not empty': {
      files: { 'd/e/f': '' },
      run: 'rmdir /d/e 2> /dev/null || echo full > /out',
      edit: remove('d/e/f'),
    },
    'a file that was opened, by its descriptor': {
      files: { f: 'one' },
      run: 'exec 3< /f && cat /proc/self/fd/3 > /out',
      edit: write('f', 'two'),
      onChroot: 'fails',
    },
    'a file by way of /proc/self/root': {
      files: { f: 'one' },
      run: 'cat /proc/self/root/f > /out',
      edit: write('f', 'two'),
      onChroot: 'fails',
    },
    'a file beside the working folder, which was moved': {
      files: { 'd/e/f': 'one' },
      run: 'mkdir /n; cd /n; mv /n /m; cat ../d/e/f > /out; ls ../d >> /out',
      edit: write('d/g', ''),
    },
    'a file inside a changed root': {
      files: { 'jail/f': 'one' },
      run: 'mkdir /jail/bin && cp /bin/busybox /jail/bin/cat && chroot /jail /bin/cat /f > /out',
      edit: write('jail/f', 'two'),
      onChroot: 'fails',
    },
    'what a child in a session of its own reads': {
      files: { f: 'one' },
      run: "setsid sh -c 'cat /f > /out' & wait",
      edit: write('f', 'two'),
    },
    'what is read below a folder that is a mount in other steps': {
      files: { 'mnt/x/f': 'one' },
      run: '--mount=type=tmpfs,target=/mnt/y cat /mnt/x/f > /out; ls /mnt >> /out',
      edit: write('mnt/x/f', 'two'),
    },
    'where a mount is': {
      files: { 'a/f': 'one', 'b/f': 'two' },
      make: link('m', 'a'),
      run: '--mount=type=tmpfs,target=/m/t cat /a/f > /out',
      edit: link('m', 'b'),
    },
    'the ids of the user': {
      files: { 'etc/passwd': 'you:x:9:9::/:/bin/sh\n', 'etc/group': 'you:x:9:\n' },
      above: 'USER you',
      run: 'true > /tmp/out',
      edit: write('etc/passwd', 'you:x:8:9::/:/bin/sh\n'),
    },
    'the home of the user': {
      files: { 'etc/passwd': 'root:x:0:0::/one:/bin/sh\n', 'etc/group': '' },
      run: 'echo $HOME > /out',
      edit: write('etc/passwd', 'root:x:0:0::/two:/bin/sh\n'),
    },
  }),
)('the step runs again: %s', async ([, adversary], context) => {
  const { step, reused, fresh } = await rebuilt(context, adversary);
  expect(reused.outcome).toBe(fresh.outcome);
  const isSeen = WAY !== 'chroot' || adversary.onChroot === undefined;
  expect([step.status, step.cause?.kind]).toEqual(['ran', isSeen ? 'read' : 'parts']);
});

test('the step runs again: an earlier step has left something else in its cache mount', async (context) => {
  const { step, reused, fresh } = await rebuilt(context, {
    files: { a: 'one' },
    above: 'RUN --mount=type=cache,target=/c cp /a /c/a',
    run: '--mount=type=cache,target=/c cp /c/a /out',
    edit: write('a', 'two'),
  });
  expect(reused.outcome).toBe(fresh.outcome);
  expect(step).toMatchObject({
    status: 'ran',
    cause: { untraced: 'what is in its cache mount is in no key' },
  });
});

test('the step runs again: what were two files is one with two names', async (context) => {
  const { step, reused, fresh } = await rebuilt(context, {
    files: { f: 'one' },
    above: 'RUN if test -e /flag; then ln /f /g; else cp -a /f /g; fi',
    run: 'test /f -ef /g && echo one > /out; stat -c %h /f >> /out',
    edit: write('flag', ''),
  });
  expect(reused.outcome).toBe(fresh.outcome);
  expect(step.reason).toBe('what it read has changed: the hard links of /f');
});

test('the step runs again: a file that it looked at got a second name', async (context) => {
  const { step, reused, fresh } = await rebuilt(context, {
    files: { 'd/f': 'one' },
    above: 'RUN test -e /flag || ln /d/f /d/g',
    run: 'stat -c %h /d/f > /out',
    edit: write('flag', ''),
  });
  expect(reused.outcome).toBe(fresh.outcome);
  expect(step.reason).toBe('what it read has changed: the hard links of /d/f');
});

test.for(
  cases({
    'a file that it never read, beside one with two names': {
      files: { 'd/a': '1', 'd/b': '1' },
      above: 'RUN ln /d/a /d/c',
      run: 'stat -c %h /d/a > /out',
      edit: write('d/b', '2'),
    },
    'names of one file that it never read, which were two files': {
      files: { 'd/a': '1', f: '1' },
      above: 'RUN if test -e /flag; then ln /f /g && rm /flag; else cp -a /f /g; fi',
      run: 'cat /d/a > /out',
      edit: write('flag', ''),
    },
    'a file that it never read': {
      files: { 'd/a': '1', 'd/b': '1' },
      run: 'cat /d/a > /out',
      edit: write('d/b', '2'),
    },
    'a new file beside one that it read': {
      files: { 'd/a': '1' },
      run: 'cat /d/a > /out',
      edit: both(write('d/b', '2'), write('new/deep/file', '3')),
    },
    'the content of a file in a folder that it listed': {
      files: { 'd/a': '1' },
      run: 'echo /d/* > /out',
      edit: write('d/a', '2'),
    },
    'a program that is found later in PATH': {
      files: { 'opt/bin/tool': '#!/bin/sh\necho early\n' },
      run: 'tool > /out',
      edit: write('bin/tool', '#!/bin/sh\necho late\n', 0o755),
    },
    'a file in a folder that it put something into': {
      files: { 'd/a': '1' },
      run: 'echo new > /d/b',
      edit: write('d/a', '2'),
    },
    'a neighbour of a file that it removed': {
      files: { 'd/a': '1', 'd/b': '1' },
      run: 'rm /d/b',
      edit: write('d/a', '2'),
    },
    'a file that a mount of the step hides': {
      files: { 'm/a': '1' },
      run: '--mount=type=tmpfs,target=/m ls /m > /out',
      edit: write('m/b', '2'),
    },
  }),
)('the step is reused: %s', async ([, adversary], context) => {
  const { step, reused, fresh } = await rebuilt(context, adversary);
  expect(reused.outcome).toBe(fresh.outcome);
  expect([step.status, step.cause?.kind]).toEqual(['traced', 'unread']);
});

test('a record that forgets what was only asked for would be found', async (context) => {
  const run = 'cd /b 2> /dev/null && pwd > /out; true';
  const adversary = { files: { 'a/f': '' }, run, edit: folder('b') };
  const { step, reused, fresh } = await rebuilt(context, adversary, 'metadata');
  expect(step.status).toBe('traced');
  expect(reused.outcome).not.toBe(fresh.outcome);
});
