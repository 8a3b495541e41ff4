// Real git repositories, and a real smart-http server for them: git http-backend behind node:http.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { httpServer, type TestServer } from './http-server.ts';
import { tmpDir } from './tmp.ts';

const ENV = {
  PATH: process.env['PATH'],
  HOME: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  GIT_COMMITTER_DATE: '1700000000 +0000',
  GIT_ALLOW_PROTOCOL: 'file:http',
};

export interface TestRepository {
  /** A work tree with its `.git`, below the folder that the server serves. */
  readonly path: string;
  /** Calls git in it and returns what it prints. */
  git(...args: string[]): string;
  /** Writes files (`+x ` before the text makes a program) and commits all there is; returns the commit's id. */
  commit(files: Readonly<Record<string, string>>): string;
  /** Commits a file `a` and a submodule without fetching anything: what a hostile author can do. */
  addSubmodule(path: string, url: string, commit: string): void;
}

/** Makes a repository in the folder `root`, whose branch is `main`. */
export function testRepository(root = tmpDir(), name = 'repo.git'): TestRepository {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: path, env: ENV });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.toString().trim();
  };
  git('init', '--quiet', '-b', 'main');
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      const mode = text.startsWith('+x ') ? 0o777 : 0o666;
      writeFileSync(join(path, file), text.replace(/^\+x /, ''), { mode });
    }
    git('add', '--all');
  };
  const commit = (): string => {
    git('commit', '--quiet', '--allow-empty', '-m', 'a commit');
    return git('rev-parse', 'HEAD');
  };
  return {
    path,
    git,
    commit(files) {
      write(files);
      return commit();
    },
    addSubmodule(at, url, id) {
      write({ a: '1', '.gitmodules': `[submodule "sub"]\n\tpath = ${at}\n\turl = ${url}\n` });
      git('update-index', '--add', '--cacheinfo', `160000,${id},${at}`);
      commit();
    },
  };
}

/** Serves the repositories below `root`. `before` may answer a request itself, and returns true then. */
export function gitServer(
  root: string,
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<TestServer> {
  return httpServer((request, response) => {
    if (!before(request, response)) serve(root, request, response);
  });
}

/** https://git-scm.com/docs/git-http-backend, by CGI. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...ENV,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      // The repositories have a work tree: their .git is what is served.
      PATH_INFO: pathname.replace('.git/', '.git/.git/'),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  });
  request.pipe(backend.stdin);
  const parts: Buffer[] = [];
  backend.stdout.on('data', (part: Buffer) => parts.push(part));
  backend.once('close', () => {
    const answer = Buffer.concat(parts);
    const end = answer.indexOf('\r\n\r\n');
    for (const line of answer.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(answer.subarray(end + 4));
  });
}
