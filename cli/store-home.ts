// Where the store is.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Host } from './host.ts';

/** Returns the store's folder: $SLIPWAY_HOME, else $XDG_DATA_HOME/slipway, else ~/.local/share/slipway. */
export function storeHome(host: Pick<Host, 'env' | 'cwd'>): string {
  const own = host.env['SLIPWAY_HOME'];
  if (own) return resolve(host.cwd, own);
  // A relative XDG path is invalid and ignored: https://specifications.freedesktop.org/basedir-spec
  const data = host.env['XDG_DATA_HOME'];
  if (data?.startsWith('/')) return join(data, 'slipway');
  return join(host.env['HOME'] || homedir(), '.local', 'share', 'slipway');
}
