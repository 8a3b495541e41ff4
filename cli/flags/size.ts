// Sizes on the command line: `20GB`, `512MiB`, `1.5g`, bytes.

import { BuildError } from '../../core/errors.ts';

const PREFIXES = 'kmgtp';

/** Returns the bytes of a size; k, M, G, T and P are powers of 1000, and with an i powers of 1024. Throws E_USAGE, naming `flag`. */
export function parseSize(text: string, flag: string): number {
  const [, count, prefix = '', binary] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?$/i.exec(text) ?? [];
  const isLone = prefix === '' && binary !== '' && binary !== undefined;
  if (count === undefined || isLone) {
    throw new BuildError('E_USAGE', `${flag}: ${JSON.stringify(text)} is not a size`, {
      hint: 'a number and a unit: 500MB, 20GB, 1.5TiB',
    });
  }
  const power = PREFIXES.indexOf(prefix.toLowerCase()) + 1;
  const bytes = Math.round(Number(count) * (binary ? 1024 : 1000) ** (prefix === '' ? 0 : power));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new BuildError('E_USAGE', `${flag}: ${JSON.stringify(text)} is too large`);
}
