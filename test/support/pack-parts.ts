// Parts of a layer's description, as the verb `pack` takes it (runner-native/PROTOCOL.md).

/** The end of a layer, and of a block. */
export const END = Buffer.from('z');
export const BLOCK_END = Buffer.from('e');

export function bytesPart(bytes: Uint8Array): Buffer {
  const head = Buffer.from('b\0\0\0\0');
  head.writeUInt32LE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

export function pathField(kind: string, path: Uint8Array): Buffer {
  const head = Buffer.from(`${kind}\0\0`);
  head.writeUInt16LE(path.byteLength, 1);
  return Buffer.concat([head, path]);
}

/** Where a layer goes, and how: `gzip` and a level, or as it is. */
export function target(path: string, [, level]: readonly string[]): Buffer {
  const field = pathField('o', Buffer.from(path));
  const how = Buffer.from([level === undefined ? 255 : Number(level)]);
  return Buffer.concat([field.subarray(0, 1), how, field.subarray(1)]);
}
