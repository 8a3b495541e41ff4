// Runs the program git, found on the PATH of the person who calls slipway. What it is pointed at is
// hostile: it gets an environment of its own, no configuration of the machine or the person, no hooks,
// only the protocols that the caller names, and no terminal to ask at. A secret reaches it through an
// open file without a name, which git includes as configuration: never through arguments, the
// environment or a file that another could open.

import { spawn } from 'node:child_process';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { temporaryName } from '../../core/atomic-file.ts';
import { BuildError } from '../../core/errors.ts';
import { redactCredentials, safeText } from '../../core/safe-text.ts';

export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  /** Protocols that a URL may have, also one that the repository itself brings: `https`, `file`, ... */
  readonly protocols: readonly string[];
  /** `name=value` of configuration that is no secret. */
  readonly config?: readonly string[];
  /** Configuration text that holds a secret. */
  readonly secret?: string | undefined;
  /** What ssh logs in with; without it ssh has no keys. */
  readonly ssh?: SshAccess | undefined;
}

export interface SshAccess {
  /** The agent's socket. */
  readonly agent: string | undefined;
  /** Whether ssh may use the keys that it finds with the person who builds. */
  readonly ownKeys: boolean;
}

export interface GitContext {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** A folder for a file that lives for a moment. */
  readonly temporary: string;
}

export interface GitResult {
  readonly status: number;
  readonly stdout: string;
  /** As people may see it: without credentials, its end only where it is long. */
  readonly stderr: string;
}

/** An answer longer than this is no list of refs. */
const MAX_STDOUT = 64 << 20;
const MAX_STDERR = 64 << 10;

const CONFIG = [
  // A hook would run on this machine with all that slipway may do.
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  'init.defaultBranch=master',
  'advice.detachedHead=false',
  'gc.auto=0',
  'maintenance.auto=false',
];

/** Calls git and returns how it ended, whatever the status. Throws E_GIT_MISSING. */
export async function runGit(call: GitCall, context: GitContext): Promise<GitResult> {
  context.signal.throwIfAborted();
  const secret = call.secret === undefined ? undefined : await unnamedFile(call.secret, context);
  try {
    return await run(call, context, secret);
  } finally {
    await secret?.close();
  }
}

/** The descriptor that a secret has in git and in all that git starts. */
const SECRET_FD = 3;

async function run(
  { args, cwd, protocols, config = [], ssh }: GitCall,
  { variables, signal }: GitContext,
  secret: FileHandle | undefined,
): Promise<GitResult> {
  const settings = [...CONFIG, ...config];
  if (secret !== undefined) settings.push(`include.path=/proc/self/fd/${SECRET_FD}`);
  const words = [...settings.flatMap((setting) => ['-c', setting]), ...args];
  // Files get the modes that git means, whatever the caller's umask is.
  const child = spawn('/bin/sh', ['-c', 'umask 022 && exec git "$@"', 'git', ...words], {
    cwd,
    env: { ...environment(variables, protocols, ssh), GIT_CEILING_DIRECTORIES: dirname(cwd) },
    stdio: ['ignore', 'pipe', 'pipe', ...(secret === undefined ? [] : [secret.fd])],
    // A process group of its own: what git starts ends with it.
    detached: true,
  });
  const [, output, errors] = child.stdio as unknown as [null, Readable, Readable];
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [stdout, stderr, status] = await Promise.all([
      collect(output, MAX_STDOUT, kill),
      collectEnd(errors),
      new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      }),
    ]);
    signal.throwIfAborted();
    if (status === 127) throw missing();
    const shown = safeText(redactCredentials(stderr.replaceAll('\n', '; ')), 600);
    return { status: status ?? 128, stdout, stderr: shown };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];
const TRUST = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'];
const KEPT = ['PATH', ...TRUST, ...PROXIES, ...PROXIES.map((name) => name.toUpperCase())];

function environment(
  variables: GitContext['variables'],
  protocols: readonly string[],
  ssh: SshAccess | undefined,
): Record<string, string> {
  const kept = KEPT.flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    HOME: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocols.join(':'),
    GIT_SSH_COMMAND: sshCommand(ssh),
    ...(ssh?.agent === undefined ? {} : { SSH_AUTH_SOCK: ssh.agent }),
  };
}

/** Nobody is asked anything, and a host that is not known is refused. */
function sshCommand(ssh: SshAccess | undefined): string {
  const noAgent = ssh === undefined ? ' -o IdentityAgent=none' : '';
  const noKeys = ssh?.ownKeys === true ? '' : ' -o IdentityFile=none';
  return `ssh -F /dev/null -o BatchMode=yes${noAgent}${noKeys}`;
}

async function unnamedFile(text: string, { temporary }: GitContext): Promise<FileHandle> {
  const path = join(temporary, temporaryName('git'));
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    await file.writeFile(text);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function collect(
  stream: AsyncIterable<Buffer>,
  max: number,
  stop: () => void,
): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > max) stop();
    else parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function collectEnd(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const part of stream) text = (text + part.toString('utf8')).slice(-MAX_STDERR);
  return text.trim();
}

function missing(): BuildError {
  return new BuildError('E_GIT_MISSING', 'the program git is not installed, or not on the PATH', {
    hint: 'install it (Debian, Ubuntu: apt-get install git); a tar of the files needs none',
  });
}
