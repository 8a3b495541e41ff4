// Small tars with whatever is in them, hostile or not.

import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';

export interface TarFile extends Partial<Header> {
  readonly name: string;
  readonly content?: string;
}

export async function makeTar(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...headers } of files) {
    tar.entry({ mtime: new Date(1000), ...headers }, content);
  }
  tar.finalize();
  return buffer(tar);
}
