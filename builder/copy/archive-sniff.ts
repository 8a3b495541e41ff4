// Tells an archive that ADD would unpack from any other file, by its first bytes.

import type { CopySource, SourceNode } from './source.ts';

const MAGICS: readonly { readonly offset: number; readonly bytes: Buffer }[] = [
  { offset: 0, bytes: Buffer.from([0x1f, 0x8b]) },
  { offset: 0, bytes: Buffer.from('BZh') },
  { offset: 0, bytes: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]) },
  { offset: 0, bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { offset: 257, bytes: Buffer.from('ustar') },
];

/** True where the file at `node` is a tar, or compressed as tars are. */
export async function isArchive(source: CopySource, node: SourceNode): Promise<boolean> {
  const [entry] = await source.walk(node);
  if (entry?.type !== 'file' || entry.size === 0) return false;
  const head = await firstBytes(source, { path: node.path, entry });
  return MAGICS.some(({ offset, bytes }) =>
    head.subarray(offset, offset + bytes.length).equals(bytes),
  );
}

async function firstBytes(
  source: CopySource,
  file: Parameters<CopySource['read']>[0][number],
): Promise<Buffer> {
  for await (const { chunks } of source.read([file])) {
    for await (const chunk of chunks) return Buffer.from(chunk);
  }
  return Buffer.alloc(0);
}
