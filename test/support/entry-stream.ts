// Entry streams as the runner's PROTOCOL.md has them, for tests: also the ones that no honest
// writer makes. Deliberately not the product's codec, so that the two check each other.

export const TYPES = {
  file: 1,
  dir: 2,
  symlink: 3,
  hardlink: 4,
  char: 5,
  block: 6,
  fifo: 7,
  whiteout: 8,
  opaque: 9,
  socket: 10,
} as const;
export type EntryTypeName = keyof typeof TYPES;

export interface RawEntry {
  readonly type: EntryTypeName;
  readonly path: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: readonly [seconds: number, nanoseconds: number];
  readonly content?: Buffer | string;
  /** What the header claims, where it is to lie. */
  readonly size?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly link?: string | Buffer;
  readonly xattrs?: Readonly<Record<string, Buffer>>;
}

/** The end entry. */
export const END = Buffer.from([1, 0, 0, 0, 0]);

/** A whole stream: the entries and the end. */
export function stream(...entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(encode), END]);
}

/** One entry with its content. */
export function encode(entry: RawEntry): Buffer {
  const header = encodeHeader(entry);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, Buffer.from(entry.content ?? '')]);
}

function encodeHeader(entry: RawEntry): Buffer {
  const fixed = Buffer.alloc(1 + 4 * 3 + 8 + 4 + 8 + 4 * 2 + 2 * 3);
  const path = Buffer.from(entry.path);
  const link = Buffer.from(entry.link ?? '');
  const xattrs = Object.entries(entry.xattrs ?? {});
  let at = fixed.writeUInt8(TYPES[entry.type]);
  at = fixed.writeUInt32LE(entry.mode ?? 0o644, at);
  at = fixed.writeUInt32LE(entry.uid ?? 0, at);
  at = fixed.writeUInt32LE(entry.gid ?? 0, at);
  at = fixed.writeBigInt64LE(BigInt(entry.mtime?.[0] ?? 0), at);
  at = fixed.writeUInt32LE(entry.mtime?.[1] ?? 0, at);
  at = fixed.writeBigUInt64LE(BigInt(entry.size ?? Buffer.from(entry.content ?? '').length), at);
  at = fixed.writeUInt32LE(entry.major ?? 0, at);
  at = fixed.writeUInt32LE(entry.minor ?? 0, at);
  at = fixed.writeUInt16LE(path.length, at);
  at = fixed.writeUInt16LE(link.length, at);
  fixed.writeUInt16LE(xattrs.length, at);
  return Buffer.concat([
    fixed,
    path,
    link,
    ...xattrs.map(([name, value]) => encodeXattr(name, value)),
  ]);
}

function encodeXattr(name: string, value: Buffer): Buffer {
  const lengths = Buffer.alloc(6);
  lengths.writeUInt16LE(Buffer.byteLength(name));
  lengths.writeUInt32LE(value.length, 2);
  return Buffer.concat([lengths, Buffer.from(name), value]);
}

export interface DecodedEntry {
  readonly type: EntryTypeName;
  /** Bytes as latin1, so that any name survives. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: readonly [number, number];
  readonly major: number;
  readonly minor: number;
  readonly link: string;
  readonly xattrs: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

/** All entries of a stream; throws if it has no end entry or something after it. */
export function decode(bytes: Buffer): DecodedEntry[] {
  const entries: DecodedEntry[] = [];
  let at = 0;
  for (;;) {
    const length = bytes.readUInt32LE(at);
    const header = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (header[0] === 0) break;
    const size = Number(header.readBigUInt64LE(25));
    entries.push(decodeHeader(header, bytes.subarray(at, at + size)));
    at += size;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes follow the end entry`);
  return entries;
}

function decodeHeader(header: Buffer, content: Buffer): DecodedEntry {
  const names = Object.keys(TYPES) as EntryTypeName[];
  const type = names.find((name) => TYPES[name] === header[0]);
  if (type === undefined) throw new Error(`unknown entry type ${header[0]}`);
  let at = 47;
  const take = (length: number): string => {
    at += length;
    return header.toString('latin1', at - length, at);
  };
  const path = take(header.readUInt16LE(41));
  const link = take(header.readUInt16LE(43));
  const xattrs: Record<string, string> = {};
  for (let i = header.readUInt16LE(45); i > 0; i--) {
    const [nameLength, valueLength] = [header.readUInt16LE(at), header.readUInt32LE(at + 2)];
    at += 6;
    const name = take(nameLength);
    xattrs[name] = Buffer.from(take(valueLength), 'latin1').toString('hex');
  }
  return {
    type,
    path,
    mode: header.readUInt32LE(1),
    uid: header.readUInt32LE(5),
    gid: header.readUInt32LE(9),
    mtime: [Number(header.readBigInt64LE(13)), header.readUInt32LE(21)],
    major: header.readUInt32LE(33),
    minor: header.readUInt32LE(37),
    link,
    xattrs,
    content,
  };
}
