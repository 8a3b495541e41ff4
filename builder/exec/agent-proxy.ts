// What a step with --mount=type=ssh talks to in place of the caller's SSH agent: it lists keys and signs, and
// does nothing else. A step can neither add keys, take them away nor lock the agent, as in the reference.
// https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent

import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { makeSocketFolder } from './socket-folder.ts';

const FAILURE = Buffer.from([0, 0, 0, 1, 5]);
const REQUEST_IDENTITIES = 11;
const SIGN_REQUEST = 13;

/** OpenSSH's own limit for a message. */
const MAX_BYTES = 256 * 1024;

export interface AgentProxy {
  /** The socket, below the folder that was given. */
  readonly socket: string;
  close(): Promise<void>;
}

/** Listens in the new folder `path` and asks the agent at the socket `agent`, with a connection for each of the step's. */
export async function startAgentProxy(path: string, agent: string): Promise<AgentProxy> {
  const folder = makeSocketFolder(path);
  const open = new Set<Socket>();
  const server = createServer((step) => {
    open.add(step);
    step.once('close', () => open.delete(step));
    serve(step, agent).catch(() => step.destroy());
  });
  await listening(server, folder.address('agent'));
  return {
    socket: `${path}/agent`,
    async close() {
      for (const step of open) step.destroy();
      await new Promise((resolve) => server.close(resolve));
      // After the server, which removes the socket by the name that it has through the folder.
      folder.close();
    },
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
}

/** Answers one connection: a request at a time, in order. */
async function serve(step: Socket, address: string): Promise<void> {
  const agent = open(address);
  step.once('close', () => agent.destroy());
  agent.once('close', () => step.destroy());
  for (const socket of [step, agent]) socket.on('error', () => socket.destroy());
  const answers = messages(agent);
  for await (const request of messages(step)) {
    if (request[4] !== REQUEST_IDENTITIES && request[4] !== SIGN_REQUEST) {
      step.write(FAILURE);
      continue;
    }
    agent.write(request);
    const answer = await answers.next();
    if (answer.done) break;
    step.write(answer.value);
  }
  step.end();
}

/** The messages of a stream, each with the length before it. Throws where one is too long. */
async function* messages(stream: Socket): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of stream) {
    held = Buffer.concat([held, chunk as Buffer]);
    while (held.length >= 4) {
      const length = 4 + held.readUInt32BE(0);
      if (length > MAX_BYTES || length === 4) throw new Error('a malformed message');
      if (held.length < length) break;
      yield held.subarray(0, length);
      held = held.subarray(length);
    }
  }
}
