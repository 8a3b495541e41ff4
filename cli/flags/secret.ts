// `--secret`: where the values of RUN --mount=type=secret come from, in buildx's form. The values
// themselves are read by the builder, when a step asks for them.
// https://docs.docker.com/reference/cli/docker/buildx/build/#secret

import { resolve } from 'node:path';
import type { SecretSource } from '../../builder/options.ts';
import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Host } from '../host.ts';
import { parseCsv } from './csv.ts';

const KEYS = ['id', 'src', 'source', 'env', 'type'];

/**
 * Returns the sources by id. An id alone means the environment variable of that name where there
 * is one, else the file of that name. Throws E_USAGE.
 */
export function parseSecrets(
  values: readonly string[],
  host: Pick<Host, 'env' | 'cwd'>,
): Map<string, SecretSource> {
  return new Map(values.map((value) => parseSecret(value, host)));
}

function parseSecret(value: string, host: Pick<Host, 'env' | 'cwd'>): [string, SecretSource] {
  const given = readKeys(value);
  const id = given.get('id');
  if (!id) throw bad(value, 'it has no id', EXAMPLE);
  const type = given.get('type');
  if (type !== undefined && type !== 'file' && type !== 'env') {
    throw bad(value, `there is no type ${JSON.stringify(type)}`, 'the types are file and env');
  }
  const source = given.get('src') ?? given.get('source');
  const variable = given.get('env') ?? (type === 'env' ? (source ?? id) : undefined);
  if (variable !== undefined && source !== undefined && type !== 'env') {
    throw bad(value, 'it has both src and env', 'leave one of them out');
  }
  const isVariable =
    variable !== undefined || (type === undefined && source === undefined && id in host.env);
  if (isVariable) return [id, { kind: 'env', variable: variable ?? id }];
  return [id, { kind: 'file', path: resolve(host.cwd, source ?? id) }];
}

const EXAMPLE = 'for example: --secret id=token,src=token.txt or --secret id=token,env=TOKEN';

function readKeys(value: string): Map<string, string> {
  const given = new Map<string, string>();
  for (const field of parseCsv(value, '--secret')) {
    const equals = field.indexOf('=');
    if (equals === -1) throw bad(value, `${JSON.stringify(field)} is not key=value`, EXAMPLE);
    const key = field.slice(0, equals).toLowerCase();
    if (!KEYS.includes(key)) {
      const meant = suggest(key, KEYS);
      throw bad(
        value,
        `there is no key ${JSON.stringify(key)}`,
        meant === undefined ? EXAMPLE : `did you mean ${meant}?`,
      );
    }
    given.set(key, field.slice(equals + 1));
  }
  return given;
}

function bad(value: string, message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', `--secret ${JSON.stringify(value)}: ${message}`, { hint });
}
