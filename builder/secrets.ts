// The values of secrets: read when a step needs them, kept nowhere.

import { readFile } from 'node:fs/promises';
import { BuildError, errnoOf } from '../core/errors.ts';
import type { SecretSource } from './options.ts';

/** The reference's limit. */
const MAX_BYTES = 500 * 1024;

/** Returns the secret's bytes, or undefined where it was not given. Throws E_SECRET_MISSING for a file that cannot be read. */
export async function readSecret(
  secrets: ReadonlyMap<string, SecretSource>,
  variables: Readonly<Record<string, string | undefined>>,
  id: string,
): Promise<Buffer | undefined> {
  const source = secrets.get(id);
  if (source === undefined) return undefined;
  if (source.kind === 'env') {
    const value = variables[source.variable];
    return value === undefined ? undefined : Buffer.from(value);
  }
  const bytes = await readFile(source.path).catch((error: unknown) => {
    throw new BuildError(
      'E_SECRET_MISSING',
      `the secret "${id}" cannot be read from ${source.path}: ${errnoOf(error)}`,
      {
        cause: error,
      },
    );
  });
  if (bytes.byteLength <= MAX_BYTES) return bytes;
  throw new BuildError('E_SECRET_MISSING', `the secret "${id}" has more than ${MAX_BYTES} bytes`);
}
