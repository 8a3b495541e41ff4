// `--ssh`: the agents for RUN --mount=type=ssh, in buildx's form.
// https://docs.docker.com/reference/cli/docker/buildx/build/#ssh

import { resolve } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { parseCsv } from './csv.ts';

const EXAMPLE =
  'for example: --ssh default, --ssh default=$SSH_AUTH_SOCK, --ssh deploy=~/.ssh/id_ed25519';

/** Returns by id the absolute paths of one socket or of keys. An id alone is the caller's own agent. Throws E_USAGE. */
export function parseSsh(
  values: readonly string[],
  host: Pick<Host, 'env' | 'cwd'>,
): Map<string, readonly string[]> {
  const agents = new Map<string, readonly string[]>();
  for (const value of values) {
    const equals = value.indexOf('=');
    const id = equals === -1 ? value : value.slice(0, equals);
    if (id === '') throw bad(value, 'it has no id', EXAMPLE);
    if (agents.has(id)) throw bad(value, 'the id is given twice', 'give each agent another id');
    const paths = equals === -1 ? [] : parseCsv(value.slice(equals + 1), '--ssh');
    agents.set(id, readPaths(value, paths, host));
  }
  return agents;
}

function readPaths(
  value: string,
  paths: readonly string[],
  { env, cwd }: Pick<Host, 'env' | 'cwd'>,
): readonly string[] {
  if (paths.some((path) => path.startsWith('raw='))) {
    throw bad(value, 'raw= is not supported', 'a step may list keys and sign, and nothing else');
  }
  const given = paths.filter((path) => path !== '');
  if (given.length > 0) return given.map((path) => resolve(cwd, path));
  const { SSH_AUTH_SOCK: own } = env;
  if (own) return [own];
  throw bad(value, 'there is no agent: SSH_AUTH_SOCK is not set', 'start one: eval $(ssh-agent)');
}

function bad(value: string, message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', `--ssh ${JSON.stringify(value)}: ${message}`, { hint });
}
