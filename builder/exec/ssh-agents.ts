// The agents that --ssh gives to a build: a socket as it is, or an agent of our own that holds the keys.
// Looked at when a step first asks for them.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { type KeyAgent, startKeyAgent } from './key-agent.ts';

export interface SshAgents {
  /** The address of the agent's socket, or undefined where none was given. Throws E_SSH_AGENT. */
  address(id: string): Promise<string | undefined>;
  /** Ends the agents that were started. */
  close(): Promise<void>;
}

/**
 * The agents of `given`: for each id the paths of one socket or of keys. `temporary` makes a new folder;
 * `searchPath` is the caller's PATH.
 */
export function sshAgents(
  given: ReadonlyMap<string, readonly string[]>,
  temporary: () => Promise<string>,
  searchPath: string | undefined,
): SshAgents {
  const found = new Map<string, Promise<string>>();
  const started: KeyAgent[] = [];
  const find = async (id: string, paths: readonly string[]): Promise<string> => {
    const sockets = await Promise.all(paths.map((path) => isSocket(id, path)));
    const [first = ''] = paths;
    if (paths.length === 1 && sockets[0]) return first;
    if (sockets.includes(true)) {
      throw new BuildError('E_SSH_AGENT', `--ssh ${id} has a socket and something else`, {
        hint: 'give one socket, or only keys',
      });
    }
    const agent = await startKeyAgent(
      { folder: join(await temporary(), 'keys'), searchPath },
      paths,
    );
    started.push(agent);
    return agent.address;
  };
  return {
    async address(id) {
      const paths = given.get(id);
      if (paths === undefined) return undefined;
      const known = found.get(id) ?? find(id, paths);
      found.set(id, known);
      return known;
    },
    async close() {
      await Promise.allSettled(found.values());
      for (const agent of started) await agent.close();
    },
  };
}

async function isSocket(id: string, path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (error) {
    throw new BuildError('E_SSH_AGENT', `--ssh ${id}: ${path} cannot be used: ${errnoOf(error)}`, {
      cause: error,
      hint: 'give the socket of an agent, or keys: --ssh ID=SOCKET, --ssh ID=KEY',
    });
  }
}
