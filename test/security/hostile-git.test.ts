// Repositories and addresses of people who mean harm: what git, ssh or a checkout could be led to do.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { runGit } from '../../builder/exec/git.ts';
import { openGit } from '../../builder/remote/git/open-git.ts';
import { parseGitUrl } from '../../builder/remote/git-url.ts';
import { type TestRepository, testRepository } from '../support/git.ts';
import { requiresPrograms } from '../support/requires.ts';
import { tmpDir } from '../support/tmp.ts';

beforeEach((context) => requiresPrograms(context, 'git'));

const signal = new AbortController().signal;

async function checkedOut(address: string, trusted = true, home = tmpDir()): Promise<string> {
  const source = parseGitUrl(address, { trusted });
  if (source === undefined) throw new Error(`${address} is no git address`);
  const temporary = tmpDir();
  const context = { variables: process.env, signal, temporary };
  const none = async (): Promise<undefined> => undefined;
  const git = await openGit(source, { home, context, secret: none, agent: none });
  mkdirSync(join(temporary, 'way'));
  await git.checkout(await git.resolve(), join(temporary, 'way'), join(temporary, 'out'));
  return join(temporary, 'out');
}

function withLink(target: string): TestRepository {
  const repository = testRepository();
  symlinkSync(target, join(repository.path, 'link'));
  repository.commit({ 'd/x': '1' });
  return repository;
}

test.each([
  ['to the root of this machine', '/', 'link/etc'],
  ['out of the repository', '../../..', 'link'],
  ['inside the repository', 'd', 'link'],
])('CVE-2026-33748: a folder behind a link that leads %s is refused', async (_, target, subdir) => {
  const { path } = withLink(target);
  await expect(checkedOut(`file://${path}#main:${subdir}`)).rejects.toMatchObject({
    code: 'E_GIT',
    message: `file://${path}#main has no folder ${subdir}: link is no folder`,
    hint: 'links are not followed on the way to it',
  });
});

test('CVE-2026-33748: no folder lies above the repository', async () => {
  const { path } = withLink('/');
  for (const subdir of ['../../d', '/d', 'd/../../../d']) {
    const out = await checkedOut(`file://${path}#main:${subdir}`);
    expect(readFileSync(join(out, 'x'), 'utf8')).toBe('1');
  }
});

test.each([
  ['a file of this machine', 'file:///'],
  ['a path of this machine', '/'],
  ['a program', 'ext::sh -c touch% '],
  ['an option of ssh', 'ssh://-oProxyCommand=touch '],
])('a submodule that leads to %s is not fetched', async (_, prefix) => {
  const secret = testRepository();
  const commit = secret.commit({ private: 'key' });
  const touched = join(tmpDir(), 'touched');
  const outer = testRepository();
  const isPath = /^(?:file:\/\/)?\/$/.test(prefix);
  outer.addSubmodule('sub', isPath ? prefix + secret.path.slice(1) : `${prefix}${touched}`, commit);
  const error = await checkedOut(`file://${outer.path}`).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'E_GIT' });
  expect(existsSync(touched)).toBe(false);
});

test('hooks of a repository, of a template and of the person who builds do not run', async () => {
  const touched = join(tmpDir(), 'touched');
  const { path, git, commit } = testRepository();
  commit({ a: '1' });
  const hook = `#!/bin/sh\ntouch ${touched}\n`;
  for (const name of ['post-checkout', 'post-upload-pack', 'reference-transaction']) {
    mkdirSync(join(path, '.git/hooks'), { recursive: true });
    writeFileSync(join(path, '.git/hooks', name), hook, { mode: 0o755 });
  }
  git('config', 'uploadpack.packObjectsHook', touched);
  await checkedOut(`file://${path}?keep-git-dir=1`);
  expect(existsSync(touched)).toBe(false);
});

test('a hook that stands in a repository of the store does not run', async () => {
  const home = tmpDir();
  const touched = join(tmpDir(), 'touched');
  const { path, commit } = testRepository();
  commit({ a: '1' });
  await checkedOut(`file://${path}`, true, home);
  const [kept = ''] = readdirSync(join(home, 'git')).filter((name) => !name.includes('.'));
  const hooks = join(home, 'git', kept, 'hooks');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, 'reference-transaction'), `#!/bin/sh\ntouch ${touched}\n`, {
    mode: 0o755,
  });
  commit({ a: '2' });
  expect(readFileSync(join(await checkedOut(`file://${path}`, true, home), 'a'), 'utf8')).toBe('2');
  expect(existsSync(touched)).toBe(false);
});

test("nothing of this machine's templates is in a repository: a hook there would be in the image", async () => {
  const home = tmpDir();
  const { path, commit } = testRepository();
  commit({ a: '1' });
  const out = await checkedOut(`file://${path}?keep-git-dir=1`, true, home);
  const [kept = ''] = readdirSync(join(home, 'git')).filter((name) => !name.includes('.'));
  for (const folder of [join(out, '.git'), join(home, 'git', kept)]) {
    const names = readdirSync(folder);
    expect(names).toContain('objects');
    expect(names).not.toContain('hooks');
    expect(names).not.toContain('description');
  }
});

test('attributes of a repository start no filter', async () => {
  const { path, commit } = testRepository();
  commit({ a: '1', '.gitattributes': '* filter=evil diff=evil merge=evil\n' });
  expect(readFileSync(join(await checkedOut(`file://${path}`), 'a'), 'utf8')).toBe('1');
});

test.each([
  ['https://-oProxyCommand=x/y.git', 'a part of it begins with a dash'],
  ['ssh://-oProxyCommand=x/y', 'a part of it begins with a dash'],
  ['ssh://-oProxyCommand=x@host/y', 'a part of it begins with a dash'],
  ['git@-host:x', 'a part of it begins with a dash'],
  ['-x@host:y', 'a part of it begins with a dash'],
  [
    'https://host/x.git#--upload-pack=touch',
    '--upload-pack=touch cannot be the name of a branch or tag',
  ],
  ['https://host/x.git?ref=-x', '-x cannot be the name of a branch or tag'],
  ['https://host/x.git#a..b', 'a..b cannot be the name of a branch or tag'],
  ['https://host/x.git#refs/heads/*', 'refs/heads/* cannot be the name of a branch or tag'],
])('the address %s is refused', (address, why) => {
  expect(() => parseGitUrl(address, { trusted: true })).toThrow(
    expect.objectContaining({
      code: 'E_REMOTE_ADDRESS',
      message: expect.stringContaining(`is no usable git address: ${why}`),
    }),
  );
});

test.each(['file:///etc', 'ext::sh -c id', 'fd::17', '/etc/repo', './x.git'])(
  '%s in a Dockerfile is no git address',
  (address) => {
    expect(parseGitUrl(address, { trusted: false })).toBeUndefined();
  },
);

test('git gets no configuration, agent or variable of the person who builds, and no secret as an argument', async () => {
  const folder = tmpDir();
  const seen = join(folder, 'seen');
  writeFileSync(
    join(folder, 'git'),
    `#!/bin/sh\n{ tr '\\0' '\\n' </proc/$$/cmdline; env; } >${seen}\nls -l /proc/$$/fd >>${seen}\ncat /proc/self/fd/3 >${seen}.secret\n`,
    { mode: 0o755 },
  );
  const variables = {
    PATH: `${folder}:${process.env['PATH']}`,
    HOME: '/root',
    SSH_AUTH_SOCK: '/agent',
    AWS_SECRET_ACCESS_KEY: 'sesame',
    GIT_CONFIG_PARAMETERS: "'core.hooksPath=/x'",
  };
  const call = { args: ['x'], cwd: folder, protocols: ['https'], secret: 'sesame' };
  await runGit(call, { variables, signal, temporary: folder });
  const text = readFileSync(seen, 'utf8');
  expect(text).not.toContain('sesame');
  expect(text).not.toContain('/agent');
  expect(text).toContain('HOME=/dev/null\n');
  expect(text).toContain('GIT_ALLOW_PROTOCOL=https\n');
  expect(text).toContain('IdentityFile=none');
  expect(text).toMatch(/3 -> .*\(deleted\)/);
  expect(readFileSync(`${seen}.secret`, 'utf8')).toBe('sesame');
});
