// An agent of our own for keys that are given as files: OpenSSH's, which reads every form of a key. It ends
// with the build, however that ends, and the keys are nowhere but in its memory.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { makeSocketFolder } from './socket-folder.ts';

/** The reference's limit. */
const MAX_BYTES = 100 * 1024;

/** Says that it runs, waits for us to go, and takes the agent with it. */
const SCRIPT = 'echo; cat > /dev/null; kill "$SSH_AGENT_PID"';

export interface KeyAgent {
  /** What this process, and those that it starts, call the agent's socket. */
  readonly address: string;
  close(): Promise<void>;
}

/** Where an agent is started: a new folder, and the caller's PATH. */
export interface AgentPlace {
  readonly folder: string;
  readonly searchPath: string | undefined;
}

/** Starts an agent that holds these keys. Throws E_SSH_AGENT. */
export async function startKeyAgent(place: AgentPlace, keys: readonly string[]): Promise<KeyAgent> {
  const sockets = makeSocketFolder(place.folder);
  const agent = start('ssh-agent', ['-a', 'agent', 'sh', '-c', SCRIPT], place);
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => agent.once('close', resolve));
    agent.stdin?.end();
    if (agent.exitCode === null && agent.pid !== undefined) await ended;
    sockets.close();
  };
  try {
    await running(agent);
    for (const key of keys) await add(place, key);
  } catch (error) {
    await close();
    throw error;
  }
  return { address: sockets.address('agent'), close };
}

/** Neither has a terminal, so that no passphrase is asked for. */
function start(program: string, args: readonly string[], place: AgentPlace): ChildProcess {
  const { folder, searchPath: PATH } = place;
  return spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: 'pipe',
    env: { PATH, SSH_AUTH_SOCK: 'agent', SSH_ASKPASS_REQUIRE: 'never', LC_ALL: 'C' },
  });
}

function running(agent: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    agent.stdin?.on('error', () => {});
    agent.stderr?.resume();
    agent.once('error', (error) => reject(missing('ssh-agent', error)));
    agent.once('close', () => reject(new BuildError('E_SSH_AGENT', 'ssh-agent ended at once')));
    agent.stdout?.once('data', () => resolve());
  });
}

/** The key goes by a pipe: OpenSSH refuses files that others may read, and the reference does not. */
async function add(place: AgentPlace, path: string): Promise<void> {
  const key = await readFile(path).catch((error: unknown) => {
    throw new BuildError('E_SSH_AGENT', `the key ${path} cannot be read: ${errnoOf(error)}`);
  });
  if (key.byteLength > MAX_BYTES) {
    throw new BuildError('E_SSH_AGENT', `${path} has more than ${MAX_BYTES} bytes: it is no key`);
  }
  const adding = start('ssh-add', ['-q', '-'], place);
  const said: Buffer[] = [];
  adding.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  adding.stdin?.on('error', () => {});
  adding.stdin?.end(key);
  const status = await new Promise((resolve, reject) => {
    adding.once('error', (error) => reject(missing('ssh-add', error)));
    adding.once('close', resolve);
  });
  if (status === 0) return;
  throw new BuildError('E_SSH_AGENT', `${path} is not a key that can be used`, {
    cause: Buffer.concat(said).toString('utf8').trim(),
    hint: 'a key with a passphrase must be in your own agent: ssh-add it, and give --ssh default',
  });
}

function missing(program: string, cause: Error): BuildError {
  return new BuildError('E_SSH_AGENT', `${program} cannot be started`, {
    cause,
    hint: 'keys as files need OpenSSH; without it, give the socket of an agent',
  });
}
