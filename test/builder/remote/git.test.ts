import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openGit } from '../../../builder/remote/git/open-git.ts';
import { parseGitUrl } from '../../../builder/remote/git-url.ts';
import { gitServer, testRepository } from '../../support/git.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { tmpDir } from '../../support/tmp.ts';

beforeEach((context) => requiresPrograms(context, 'git'));

interface Fetched {
  readonly commit: string;
  readonly root: string;
  /** Path to `mode content`, or `-> target`. */
  readonly files: Readonly<Record<string, string>>;
  readonly commitTime: number;
}

/** Fetches an address as the command line would give it, into a store that may have been used before. */
async function fetched(
  address: string,
  options: {
    readonly home?: string;
    readonly trusted?: boolean;
    readonly secrets?: Readonly<Record<string, string>>;
    readonly variables?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<Fetched> {
  const { home = tmpDir(), secrets = {}, trusted = true, variables = process.env } = options;
  const source = parseGitUrl(address, { trusted });
  if (source === undefined) throw new Error(`${address} is no git address`);
  const temporary = tmpDir();
  const git = await openGit(source, {
    home,
    context: { variables, signal: new AbortController().signal, temporary },
    secret: async (id) => (secrets[id] === undefined ? undefined : Buffer.from(secrets[id])),
    agent: async () => undefined,
  });
  const resolved = await git.resolve();
  const root = join(temporary, 'out');
  mkdirSync(join(temporary, 'way'));
  const { commitTime } = await git.checkout(resolved, join(temporary, 'way'), root);
  return { commit: resolved.commit, root, files: listing(root), commitTime };
}

function listing(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const shown = names.filter((name) => !/(?:^|\/)\.git\//.test(name));
  return Object.fromEntries(
    shown.map((name) => {
      const path = join(root, name);
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return [name, `-> ${readlinkSync(path)}`];
      const mode = (stat.mode & 0o7777).toString(8);
      return [name, stat.isDirectory() ? `${mode}/` : `${mode} ${readFileSync(path, 'utf8')}`];
    }),
  );
}

describe('what an address leads to', () => {
  test('is the default branch, with modes 644 and 755 whatever the umask is, and no .git', async () => {
    const repository = testRepository();
    const commit = repository.commit({ a: '1', 'd/x': '+x 2' });
    symlinkSync('a', join(repository.path, 'l'));
    const second = repository.commit({});
    const before = process.umask(0o077);
    const found = await fetched(`file://${repository.path}`).finally(() => process.umask(before));
    expect(found.files).toEqual({ a: '644 1', d: '755/', 'd/x': '755 2', l: '-> a' });
    expect(found.commit).toBe(second);
    expect(found.commit).not.toBe(commit);
    expect(found.commitTime).toBe(1_700_000_000);
  });

  test('is a branch, a tag, an annotated tag or a commit', async () => {
    const repository = testRepository();
    const first = repository.commit({ a: '1' });
    repository.git('tag', 'light');
    repository.git('tag', '-a', '-m', 'm', 'heavy');
    repository.git('branch', 'feature/x');
    repository.commit({ a: '2' });
    const url = `file://${repository.path}`;
    const refs = [
      ...['light', 'heavy', 'feature/x', first, 'refs/tags/light'].map((ref) => `${url}#${ref}`),
      ...['tag=heavy', 'branch=feature/x', 'ref=light', `ref=${first}`].map((q) => `${url}?${q}`),
      `${url}?fetch-by-commit&checksum=${first}`,
    ];
    for (const ref of refs) {
      const found = await fetched(ref);
      expect(found.files, ref).toEqual({ a: '644 1' });
      expect(found.commit, ref).toBe(first);
    }
  });

  test('is the branch where a tag has the same name', async () => {
    const repository = testRepository();
    repository.commit({ a: 'tag' });
    repository.git('tag', 'both');
    const commit = repository.commit({ a: 'branch' });
    repository.git('branch', 'both');
    expect((await fetched(`file://${repository.path}#both`)).commit).toBe(commit);
  });

  test('is what a branch has now, also where the store knows an older commit of it', async () => {
    const repository = testRepository();
    const home = tmpDir();
    repository.commit({ a: '1', gone: '' });
    await fetched(`file://${repository.path}`, { home });
    repository.git('rm', '-q', 'gone');
    repository.commit({ a: '2' });
    expect((await fetched(`file://${repository.path}`, { home })).files).toEqual({ a: '644 2' });
    repository.git('commit', '--amend', '--quiet', '-m', 'rewritten');
    expect((await fetched(`file://${repository.path}#main`, { home })).files).toEqual({
      a: '644 2',
    });
  });

  test('an older commit is fetched from a server that gives out branches only', async () => {
    const root = tmpDir();
    const repository = testRepository(root);
    const first = repository.commit({ a: '1' });
    repository.commit({ a: '2' });
    repository.git('config', 'uploadpack.allowAnySHA1InWant', 'false');
    const { url } = await gitServer(root);
    const home = tmpDir();
    await fetched(`${url}/repo.git`, { home });
    expect((await fetched(`${url}/repo.git#${first}`, { home })).files).toEqual({ a: '644 1' });
  });

  test('a commit that the store has needs no server', async () => {
    const root = tmpDir();
    const commit = testRepository(root).commit({ a: '1' });
    const server = await gitServer(root);
    const home = tmpDir();
    await fetched(`${server.url}/repo.git`, { home });
    const before = server.seen.length;
    await fetched(`${server.url}/repo.git#${commit}`, { home });
    expect(server.seen.length).toBe(before);
  });

  test('is fetched also where a git that was killed has left its locks', async () => {
    const repository = testRepository();
    const home = tmpDir();
    repository.commit({ a: '1' });
    await fetched(`file://${repository.path}`, { home });
    const commit = repository.commit({ a: '2' });
    const [name = ''] = readdirSync(join(home, 'git')).filter((one) => !one.endsWith('.lock'));
    for (const lock of ['config', 'shallow', `refs/slipway/${commit}`]) {
      writeFileSync(join(home, 'git', name, `${lock}.lock`), '');
    }
    expect((await fetched(`file://${repository.path}`, { home })).files).toEqual({ a: '644 2' });
  });

  test('is a folder of it, and only what is in that', async () => {
    const repository = testRepository();
    repository.commit({ a: '1', 'd/e/x': '2' });
    const url = `file://${repository.path}`;
    for (const address of [`${url}#main:d/e`, `${url}#:d/../d/./e/`, `${url}?subdir=d/e`]) {
      expect((await fetched(address)).files, address).toEqual({ x: '644 2' });
    }
  });

  test('has the time of the commit where that is asked for', async () => {
    const repository = testRepository();
    repository.commit({ 'd/x': '1' });
    const { root } = await fetched(`file://${repository.path}?mtime=commit`);
    for (const path of ['', 'd', 'd/x']) {
      expect(lstatSync(join(root, path)).mtimeMs).toBe(1_700_000_000_000);
    }
  });

  test('keeps .git where that is asked for: whole, at the ref, and with the address it came from', async () => {
    const root = tmpDir();
    const repository = testRepository(root);
    const commit = repository.commit({ a: '1' });
    const { url } = await gitServer(root);
    const found = await fetched(`${url}/repo.git?keep-git-dir=true`);
    const config = readFileSync(join(found.root, '.git/config'), 'utf8');
    expect(config).toContain(`url = ${url}/repo.git`);
    expect(readFileSync(join(found.root, '.git/HEAD'), 'utf8').trim()).toBe(commit);
    expect(readFileSync(join(found.root, '.git/refs/heads/main'), 'utf8').trim()).toBe(commit);
    expect(readdirSync(join(found.root, '.git'))).not.toContain('FETCH_HEAD');
  });
});

describe('submodules', () => {
  test('are checked out, by addresses relative to that of the repository too', async () => {
    const root = tmpDir();
    const inner = testRepository(root, 'inner.git');
    const commit = inner.commit({ y: '2' });
    const outer = testRepository(root, 'outer.git');
    const { url } = await gitServer(root);
    outer.addSubmodule('sub', '../inner.git', commit);
    const { files } = await fetched(`${url}/outer.git`, { trusted: false });
    expect(files).toMatchObject({ a: '644 1', sub: '755/', 'sub/y': '644 2' });
    expect(Object.keys(files)).not.toContain('sub/.git');
    const without = await fetched(`${url}/outer.git?submodules=false`, { trusted: false });
    expect(Object.keys(without.files)).not.toContain('sub/y');
  });
});

describe('a checksum', () => {
  test('is the commit, or how it begins', async () => {
    const repository = testRepository();
    const commit = repository.commit({ a: '1' });
    const url = `file://${repository.path}`;
    expect((await fetched(`${url}?checksum=${commit.slice(0, 7)}`)).commit).toBe(commit);
    expect((await fetched(`${url}?commit=${commit}`)).commit).toBe(commit);
    await expect(fetched(`${url}?checksum=0000000`)).rejects.toMatchObject({
      code: 'E_REMOTE_CHECKSUM',
      message: `${url} is the commit ${commit}, not 0000000`,
    });
  });

  test('may be that of an annotated tag', async () => {
    const repository = testRepository();
    repository.commit({ a: '1' });
    repository.git('tag', '-a', '-m', 'm', 'v1');
    const tag = repository.git('rev-parse', 'refs/tags/v1');
    expect((await fetched(`file://${repository.path}?tag=v1&checksum=${tag}`)).files).toEqual({
      a: '644 1',
    });
  });
});

describe('log-ins', () => {
  test('GIT_AUTH_TOKEN goes to the server, and into no file of the store', async () => {
    const root = tmpDir();
    testRepository(root).commit({ a: '1' });
    const wanted = `basic ${Buffer.from('x-access-token:sesame').toString('base64')}`;
    const server = await gitServer(root, (request, response) => {
      if (request.headers.authorization === wanted) return false;
      response.writeHead(401, { 'www-authenticate': 'basic' }).end();
      return true;
    });
    const address = `${server.url}/repo.git`;
    await expect(fetched(address)).rejects.toMatchObject({
      code: 'E_GIT',
      hint: 'log in with a secret: --secret id=GIT_AUTH_TOKEN,src=FILE',
    });
    const home = tmpDir();
    await fetched(address, { home, secrets: { GIT_AUTH_TOKEN: 'sesame\n' } });
    const host = `127.0.0.1:${server.port}`;
    await fetched(address, {
      secrets: { [`GIT_AUTH_HEADER.${host}`]: wanted, GIT_AUTH_TOKEN: 'x' },
    });
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      if (!lstatSync(join(home, name)).isFile()) continue;
      const text = readFileSync(join(home, name), 'latin1');
      expect(text.includes('sesame') || text.includes(wanted.slice(6)), name).toBe(false);
    }
  });

  test('a user and password of the address are used, and kept out of errors and .git', async () => {
    const root = tmpDir();
    testRepository(root).commit({ a: '1' });
    const server = await gitServer(root);
    const address = `http://me:sesame@127.0.0.1:${server.port}`;
    const { root: out } = await fetched(`${address}/repo.git?keep-git-dir=1`);
    expect(server.seen[0]?.headers.authorization).toBe(
      `basic ${Buffer.from('me:sesame').toString('base64')}`,
    );
    expect(readFileSync(join(out, '.git/config'), 'utf8')).not.toContain('sesame');
    const error = await fetched(`${address}/none.git`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'E_GIT' });
    expect(JSON.stringify([error, String(error)])).not.toContain('sesame');
  });

  test('are sent to no other host: redirects are not followed with one', async () => {
    const root = tmpDir();
    testRepository(root).commit({ a: '1' });
    const other = await gitServer(root);
    const first = await gitServer(root, (request, response) => {
      response.writeHead(302, { location: `http://localhost:${other.port}${request.url}` }).end();
      return true;
    });
    const secrets = { GIT_AUTH_TOKEN: 'sesame' };
    await expect(fetched(`${first.url}/repo.git`, { secrets })).rejects.toMatchObject({
      code: 'E_GIT',
    });
    expect(other.seen).toEqual([]);
    expect((await fetched(`${first.url}/repo.git`)).files).toEqual({ a: '644 1' });
  });
});

test.for([
  ['the command line', true],
  ['a Dockerfile', false],
] as const)('ssh for an address of %s: whose keys it may use', async ([, trusted]) => {
  const repository = testRepository();
  repository.commit({ a: '1' });
  const folder = tmpDir();
  // Stands for ssh and for the host at once: does here what is asked to be done there.
  const ssh = `#!/bin/sh\necho "$@ AGENT=$SSH_AUTH_SOCK" >>${folder}/log\nfor last; do :; done\nexec sh -c "$last"\n`;
  writeFileSync(join(folder, 'ssh'), ssh, { mode: 0o755 });
  const variables = { PATH: `${folder}:${process.env['PATH']}`, SSH_AUTH_SOCK: '/agent' };
  const address = `git@host.example:${repository.path}`;
  expect((await fetched(address, { trusted, variables })).files).toEqual({ a: '644 1' });
  const log = readFileSync(join(folder, 'log'), 'utf8');
  expect(log).toContain('-o BatchMode=yes');
  expect(log.includes('AGENT=/agent')).toBe(trusted);
  expect(log.includes('IdentityFile=none')).toBe(!trusted);
});

describe('what is refused', () => {
  test('a ref that is not there, with how to find those that are', async () => {
    const repository = testRepository();
    repository.commit({ a: '1' });
    await expect(fetched(`file://${repository.path}#none`)).rejects.toMatchObject({
      code: 'E_GIT',
      message: `file://${repository.path} has no branch or tag none`,
      hint: 'git ls-remote lists what it has; a commit is given by its whole id',
    });
  });

  test('a machine without git', async () => {
    await expect(
      fetched('https://example.com/x.git', { variables: { PATH: tmpDir() } }),
    ).rejects.toMatchObject({
      code: 'E_GIT_MISSING',
      message: 'the program git is not installed, or not on the PATH',
    });
  });
});
