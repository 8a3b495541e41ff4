// Git over ssh: whose agent and whose keys the program ssh gets, for addresses of a Dockerfile and for those of
// the command line. A program in the place of ssh says what it was given, and runs the far end here.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { testRepository } from '../support/git.ts';
import { requiresPrograms } from '../support/requires.ts';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Far {
  /** The address of a repository that has the file `a`. */
  readonly address: string;
  readonly variables: NodeJS.ProcessEnv;
  /** What ssh was given, once for each call. */
  seen(): readonly string[];
}

function farRepository(context: TestContext): Far {
  requiresPrograms(context, 'git', 'ssh-agent', 'ssh-add', 'ssh-keygen');
  const { path, commit } = testRepository();
  commit({ a: 'far', Dockerfile: 'FROM scratch\nCOPY a /\n' });
  const folder = tmpDir();
  const log = join(folder, 'log');
  const script = [
    '#!/bin/sh',
    `echo "$* agent=$SSH_AUTH_SOCK keys=$(ssh-add -L 2>/dev/null)" >> ${log}`,
    'for command; do :; done',
    'exec sh -c "$command"',
  ];
  writeFileSync(join(folder, 'ssh'), `${script.join('\n')}\n`, { mode: 0o755 });
  return {
    address: `git@example.com:${path}`,
    variables: { PATH: `${folder}:${process.env['PATH']}`, SSH_AUTH_SOCK: '/of/the/caller' },
    seen: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

function newKey(comment: string): string {
  const path = join(tmpDir(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
  return path;
}

async function newAgent(comment: string): Promise<string> {
  const socket = join(tmpDir(), 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
  execFileSync('ssh-add', ['-q', newKey(comment)], { env: { SSH_AUTH_SOCK: socket } });
  return socket;
}

test('ADD of an ssh address logs in with the agent that --ssh default gives, and with no other key', async (context) => {
  const { address, variables, seen } = farRepository(context);
  const folder = contextOf({ Dockerfile: `FROM scratch\nADD ${address} /far/\n` });
  const out = join(folder, 'out');
  const agent = await newAgent('of-agent');
  for (const given of [agent, newKey('of-file')]) {
    const words = ['build', '-q', '--ssh', `default=${given}`, '-o', out, folder];
    const { status, stderr } = slipway(tmpDir(), words, variables);
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(out, 'far/a'), 'utf8')).toBe('far');
  }
  const calls = seen();
  expect(calls.filter((call) => call.endsWith(' of-agent')).length).toBeGreaterThan(0);
  expect(calls.filter((call) => call.endsWith(' of-file')).length).toBeGreaterThan(0);
  for (const call of calls) {
    expect(call).toMatch(/ of-(?:agent|file)$/);
    expect(call).toContain('IdentityFile=none');
    expect(call).not.toContain('/of/the/caller');
  }
});

test('without --ssh default an address of a Dockerfile gets no agent and no key', (context) => {
  const { address, variables, seen } = farRepository(context);
  const folder = contextOf({ Dockerfile: `FROM scratch\nADD ${address} /far/\n` });
  const other = ['--ssh', `other=${newKey('of-another')}`];
  const words = ['build', '-q', ...other, '-o', join(folder, 'out'), folder];
  expect(slipway(tmpDir(), words, variables).status).toBe(0);
  for (const call of seen()) {
    expect(call).toMatch(/IdentityAgent=none -o IdentityFile=none .* agent= keys=$/);
  }
});

test('a context by an ssh address uses the agent of --ssh default before that of the caller', async (context) => {
  const { address, variables, seen } = farRepository(context);
  const build = (...ssh: string[]) =>
    slipway(tmpDir(), ['build', '-q', ...ssh, address], variables);
  expect(build()).toMatchObject({ status: 0 });
  expect(seen().every((call) => / agent=\/of\/the\/caller /.test(call))).toBe(true);
  const before = seen().length;
  expect(build('--ssh', `default=${await newAgent('of-agent')}`)).toMatchObject({ status: 0 });
  expect(
    seen()
      .slice(before)
      .every((call) => call.endsWith(' of-agent')),
  ).toBe(true);
});
