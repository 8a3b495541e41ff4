// A folder for sockets. A socket's name has 107 bytes at most (unix(7)), and a store may lie deeper; by way of
// the open folder any name is short.

import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface SocketFolder {
  /** The folder itself. */
  readonly path: string;
  /** What this process, and those that it starts, call the socket `name` in it, until the folder is closed. */
  address(name: string): string;
  close(): void;
}

/** Makes the folder `path`, which nobody else may enter. */
export function makeSocketFolder(path: string): SocketFolder {
  mkdirSync(path, { mode: 0o700 });
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path,
    address: (name) => join('/proc', String(process.pid), 'fd', String(folder), name),
    close: () => closeSync(folder),
  };
}
