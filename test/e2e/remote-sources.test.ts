// ADD, contexts and named contexts from servers and repositories, as a person would use them: the built
// program against real http and git servers on loopback.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitServer, testRepository } from '../support/git.ts';
import { httpServer, serveFile } from '../support/http-server.ts';
import { requiresPrograms } from '../support/requires.ts';
import {
  contextOf,
  type Finished,
  PROGRAM,
  programEnv,
  slipway,
  startSlipway,
  steps,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';

/** Runs `slipway build` while the servers of the test answer: not in this process's way. */
async function build(
  home: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const child = startSlipway(home, ['build', '--progress=json', ...args], env);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (part: Buffer) => {
      texts[name] += part;
    });
  }
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, ...texts };
}

/** Builds into a tar, which must succeed, and lists it: `mode owner time path`. */
async function listed(
  home: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<string[]> {
  const out = join(tmpDir(), 'out.tar');
  const done = await build(home, ['-o', `type=tar,dest=${out}`, ...args], env);
  expect(done.status, done.stderr + done.stdout).toBe(0);
  const { stdout } = spawnSync('tar', ['-tvf', out, '--utc', '--full-time', '--numeric-owner']);
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '))
    .filter((line) => !line.endsWith('/'));
}

function statuses(done: Finished): string[] {
  return steps(done).map(({ step, status }) => `${status} ${step.replace(/ .*/, '')}`);
}

describe('ADD from http', () => {
  test('gives the reference’s mode, owner, time and name, and asks only whether it is still that', async () => {
    const bytes = Buffer.from('of the server\n');
    const server = await httpServer((request, response) =>
      serveFile(request, response, { bytes, etag: '"1"', lastModified: DATE }),
    );
    const url = `${server.url}/d/a%20b?sig=1`;
    const folder = contextOf({
      Dockerfile: `FROM scratch\nADD ${url} /in/\nADD --chmod=750 --chown=3:4 ${url} /as\n`,
    });
    const home = tmpDir();
    const first = await listed(home, [folder]);
    expect(first).toEqual([
      '-rwxr-x--- 3/4 14 2023-11-14 22:13:20 as',
      '-rw------- 0/0 14 2023-11-14 22:13:20 in/a b',
    ]);
    const again = await build(home, ['-o', join(tmpDir(), 'out'), folder]);
    expect(statuses(again).every((line) => line.startsWith('exact'))).toBe(true);
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
    expect(steps(again).map(({ step }) => step)).toContain(`fetch ${server.url}/d/a%20b`);
  });

  test('unpacks on request only, and a file among local ones', async () => {
    const tar = spawnSync('tar', ['-C', contextOf({ inner: 'x' }), '-cz', 'inner']).stdout;
    const server = await httpServer((_, response) => void response.end(tar));
    const url = `${server.url}/a.tgz`;
    const folder = contextOf({
      local: '1',
      Dockerfile: `FROM scratch\nADD ${url} local /plain/\nADD --unpack=true ${url} /open\n`,
    });
    const files = await listed(tmpDir(), [folder]);
    expect(files.map((line) => line.replace(/.* /, ''))).toEqual([
      'open/inner',
      'plain/a.tgz',
      'plain/local',
    ]);
  });

  test('with a checksum needs no server once the file is known, and refuses another file', async () => {
    let answers = 0;
    const server = await httpServer((_, response) => {
      answers++;
      response.end('content');
    });
    const good = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
    const dockerfile = (digest: string): string =>
      `FROM scratch\nADD --checksum=sha256:${digest} ${server.url}/x /\n`;
    const home = tmpDir();
    await listed(home, [contextOf({ Dockerfile: dockerfile(good) })]);
    await listed(home, [contextOf({ Dockerfile: dockerfile(good) })]);
    expect(answers).toBe(1);
    const bad = await build(tmpDir(), [contextOf({ Dockerfile: dockerfile('0'.repeat(64)) })]);
    expect(bad.status).toBe(1);
    expect(bad.stderr).toContain('error[E_REMOTE_CHECKSUM]');
    expect(bad.stderr).toContain(`has the digest sha256:${good}, not sha256:${'0'.repeat(64)}`);
    expect(bad.stderr).toMatch(/Dockerfile:2:\d+/);
  });

  test('logs in with the secret of its host, which stands nowhere afterwards', async () => {
    const server = await httpServer((request, response) => {
      const allowed = request.headers.authorization === 'Bearer sesame';
      response.writeHead(allowed ? 200 : 401).end('for you');
    });
    const folder = contextOf({ Dockerfile: `FROM scratch\nADD ${server.url}/x /\n` });
    const home = tmpDir();
    const refused = await build(home, [folder]);
    expect(refused.stderr).toContain('it answers 401 Unauthorized');
    const out = join(tmpDir(), 'out.tar');
    const done = await build(
      home,
      ['--secret', 'id=HTTP_AUTH_TOKEN_127.0.0.1,env=T', '-o', `type=oci,dest=${out}`, folder],
      { T: 'sesame' },
    );
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout + done.stderr).not.toContain('sesame');
    expect(readFileSync(out).includes('sesame')).toBe(false);
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const path = join(home, name);
      const { stdout } = spawnSync('grep', ['-c', 'sesame', path]);
      expect(Number(stdout.toString() || 0), path).toBe(0);
    }
  });

  test('a user and password of an address stand in no event, error or history', async () => {
    const server = await httpServer((request, response) => {
      response.writeHead(request.url === '/x' ? 200 : 404).end('x');
    });
    const address = `http://me:sesame@127.0.0.1:${server.port}`;
    const out = join(tmpDir(), 'image.tar');
    const folder = contextOf({ Dockerfile: `ARG W\nFROM scratch\nARG U\nADD $U/x /\n` });
    const args = ['--build-arg', `U=${address}`, '-o', `type=oci,dest=${out}`, folder];
    const done = await build(tmpDir(), args);
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout + done.stderr).not.toContain('sesame');
    expect(readFileSync(out).includes('sesame')).toBe(false);
    const failed = await build(tmpDir(), ['--build-arg', `U=${address}/none`, folder]);
    expect(failed.stderr).toContain('404 Not Found');
    expect(failed.stdout + failed.stderr).not.toContain('sesame');
  });
});

describe('git', () => {
  test('ADD takes a ref, a folder, a checksum and .git', async (context) => {
    requiresPrograms(context, 'git');
    const root = tmpDir();
    const repository = testRepository(root);
    const commit = repository.commit({ a: '1', 'd/x': '+x 2' });
    repository.git('tag', 'v1');
    repository.commit({ a: 'later' });
    const server = await gitServer(root);
    const url = `${server.url}/repo.git`;
    const folder = contextOf({
      Dockerfile: `FROM scratch
ADD --checksum=${commit.slice(0, 8)} ${url}#v1 /one
ADD ${url}?branch=main&subdir=d /two/
ADD --keep-git-dir ${url}#v1:d /three
ADD --chown=1:2 --exclude=a ${url} /four
`,
    });
    const home = tmpDir();
    const files = (await listed(home, [folder])).map((line) => line.replace(/ \d+ \S+ \S+ /, ' '));
    expect(files).toEqual([
      '-rwxr-xr-x 1/2 four/d/x',
      '-rw-r--r-- 0/0 one/a',
      '-rwxr-xr-x 0/0 one/d/x',
      '-rwxr-xr-x 0/0 three/x',
      '-rwxr-xr-x 0/0 two/x',
    ]);
    const again = await build(home, ['-o', join(tmpDir(), 'out'), folder]);
    expect(statuses(again).every((line) => line.startsWith('exact'))).toBe(true);
  });

  test('is a context: its Dockerfile, no ignore file, and the same keys as a folder of the same files', async (context) => {
    requiresPrograms(context, 'git');
    const repository = testRepository();
    const files = { Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'a\n', a: '1' };
    repository.commit(files);
    repository.commit({ 'sub/Dockerfile': 'FROM scratch\nCOPY f /of-sub\n', 'sub/f': 'x' });
    const home = tmpDir();
    const url = `file://${repository.path}`;
    expect(await listed(home, [url, '--build-arg', 'SOURCE_DATE_EPOCH=1700000000'])).toEqual([
      '-rw-r--r-- 0/0 2 2023-11-14 22:13:20 .dockerignore',
      `-rw-r--r-- 0/0 ${files.Dockerfile.length} 2023-11-14 22:13:20 Dockerfile`,
      '-rw-r--r-- 0/0 1 2023-11-14 22:13:20 a',
      '-rw-r--r-- 0/0 28 2023-11-14 22:13:20 sub/Dockerfile',
      '-rw-r--r-- 0/0 1 2023-11-14 22:13:20 sub/f',
    ]);
    expect(await listed(home, [`${url}#main:sub`])).toHaveLength(1);
    expect(
      await listed(tmpDir(), ['--build-arg', 'SOURCE_DATE_EPOCH=context', `${url}#main:sub`]),
    ).toEqual(['-rw-r--r-- 0/0 1 2023-11-14 22:13:20 of-sub']);
    const same = contextOf({ Dockerfile: 'FROM scratch\nCOPY f /of-sub\n', f: 'x' });
    const done = await build(home, ['-o', join(tmpDir(), 'out'), same]);
    expect(statuses(done)).toContain('exact [1/1]');
  });

  test("SOURCE_DATE_EPOCH may be a stage's commit, a file's Last-Modified, or the newest file of an archive", async (context) => {
    requiresPrograms(context, 'git', 'tar');
    const repository = testRepository();
    repository.commit({ a: '1' });
    const work = contextOf({ 't/f': 'x' });
    const dated = (path: string, at: number) => utimesSync(join(work, path), at, at);
    dated('t/f', 1_500_000_000);
    dated('t', 1_600_000_000);
    const tar = execFileSync('tar', ['-cz', '-C', work, 't']);
    const server = await httpServer((request, response) => {
      if (request.url === '/dated')
        response.setHeader('last-modified', 'Sun, 09 Sep 2001 01:46:40 GMT');
      response.end(request.url === '/text' ? 'no archive' : tar);
    });
    const epoch = async (dockerfile: string, ...words: string[]) => {
      const [line = ''] = await listed(tmpDir(), [...words, contextOf({ Dockerfile: dockerfile })]);
      return line.split(' ').slice(3).join(' ');
    };
    const stage = (address: string) =>
      `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD ${address} /\nFROM scratch\nCOPY Dockerfile /\n`;
    expect(await epoch(stage(`${server.url}/dated`))).toBe('2001-09-09 01:46:40 Dockerfile');
    expect(await epoch(stage(`${server.url}/a.tgz`))).toBe('2017-07-14 02:40:00 Dockerfile');
    expect(await epoch(stage(`${server.url}/text`))).not.toMatch(/^20(?:01|17)/);
    const plain = 'ARG SOURCE_DATE_EPOCH=src\nFROM scratch\nCOPY Dockerfile /\n';
    const named = ['--build-context', `src=file://${repository.path}`];
    expect(await epoch(plain, ...named)).toBe('2023-11-14 22:13:20 Dockerfile');
  });

  test('a commit that follows says what it changed', async (context) => {
    requiresPrograms(context, 'git');
    const repository = testRepository();
    repository.commit({ Dockerfile: 'FROM scratch\nCOPY a b /\n', a: '1', b: '1' });
    const home = tmpDir();
    await listed(home, [`file://${repository.path}`]);
    repository.commit({ b: '2' });
    const done = await build(home, ['-o', join(tmpDir(), 'out'), `file://${repository.path}`]);
    expect(steps(done).find(({ step }) => step.includes('COPY'))?.reason).toBe(
      'sources changed: b',
    );
  });

  test('a file of this machine is no git address in a Dockerfile', async (context) => {
    requiresPrograms(context, 'git');
    const repository = testRepository();
    repository.commit({ private: 'key' });
    const folder = contextOf({ Dockerfile: `FROM scratch\nADD file://${repository.path} /\n` });
    const done = await build(tmpDir(), [folder]);
    expect(done.stderr).toContain('error[E_COPY_SOURCE]');
  });
});

test('cache prune takes out what was fetched, and the next build fetches it again', async (context) => {
  requiresPrograms(context, 'git');
  const repository = testRepository();
  repository.commit({ 'd/x': '1' });
  const server = await httpServer((request, response) =>
    serveFile(request, response, { bytes: Buffer.from('1'), etag: '"1"' }),
  );
  const dockerfile = `FROM scratch\nADD ${server.url}/x /\nCOPY --from=g d /d\n`;
  const args = ['--build-context', `g=file://${repository.path}`];
  const folder = contextOf({ Dockerfile: dockerfile });
  const home = tmpDir();
  const first = await listed(home, [...args, folder]);
  expect(readdirSync(join(home, 'git')).length).toBeGreaterThan(0);
  const blobs = (): string[] => readdirSync(join(home, 'oci/blobs/sha256'));
  expect(blobs()).toHaveLength(1);
  expect(slipway(home, ['cache', 'prune', '--older-than', '1h']).status).toBe(0);
  expect(blobs()).toHaveLength(1);
  expect(slipway(home, ['cache', 'prune']).status).toBe(0);
  expect(blobs()).toEqual([]);
  expect(readdirSync(join(home, 'git'))).toEqual([]);
  expect(await listed(home, [...args, folder])).toHaveLength(first.length);
  expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([
    undefined,
    undefined,
  ]);
});

describe('contexts by http', () => {
  test.for([['bzip2'], ['xz'], ['zstd'], ['gzip']])(
    'a tar by %s is unpacked',
    async ([program = ''], context) => {
      requiresPrograms(context, program);
      const files = contextOf({ Dockerfile: 'FROM scratch\nCOPY f /\n', f: '1' });
      const tar = spawnSync('tar', ['-C', files, '-c', '.']).stdout;
      const packed = spawnSync(program, ['-c'], { input: tar }).stdout;
      const server = await httpServer((_, response) => void response.end(packed));
      expect(await listed(tmpDir(), [`${server.url}/context`])).toHaveLength(1);
      const [home, out] = [tmpDir(), join(tmpDir(), 'out')];
      const options = { input: packed, env: programEnv(home) };
      const done = spawnSync(process.execPath, [PROGRAM, 'build', '-q', '-o', out, '-'], options);
      expect(done.stderr.toString()).toBe('');
      expect(readdirSync(out)).toEqual(['f']);
    },
  );

  test('a text is the Dockerfile', async () => {
    const server = await httpServer((_, response) => {
      response.end('FROM scratch\nCOPY context /it\n');
    });
    expect(await listed(tmpDir(), [`${server.url}/Dockerfile`])).toEqual([
      expect.stringMatching(/^-rw------- 0\/0 30 .* it$/),
    ]);
  });
});

describe('named contexts', () => {
  test('are a commit, a file, or another for one platform', async (context) => {
    requiresPrograms(context, 'git');
    const repository = testRepository();
    repository.commit({ 'd/x': '1' });
    const server = await httpServer((_, response) => void response.end('file'));
    const folder = contextOf({
      Dockerfile: 'FROM g\nCOPY --from=h / /h\nCOPY --from=g d/x /of-g\n',
    });
    const g = `g=file://${repository.path}`;
    const files = await listed(tmpDir(), [
      ...['--platform', 'linux/amd64', '--build-context', 'g=docker-image://none'],
      ...['--build-context', g.replace('g=', 'g::linux/amd64=')],
      ...['--build-context', `h=${server.url}/named`, folder],
    ]);
    expect(files.map((line) => line.replace(/.* /, ''))).toEqual(['d/x', 'h/context', 'of-g']);
  });
});
