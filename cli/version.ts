// The version of slipway, from package.json: one folder up both from here and from the bundle.

import { readFile } from 'node:fs/promises';

/** Returns the version, such as `0.1.0`. */
export async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
