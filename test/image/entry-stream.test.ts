import { describe, expect, test } from 'vitest';
import type { Entry } from '../../image/entry.ts';
import { decodeEntryStream, END_OF_ENTRIES, encodeEntryHeader } from '../../image/entry-stream.ts';
import { chunksOf, collect } from '../support/contents.ts';
import {
  device,
  dir,
  fifo,
  file,
  hardlink,
  opaque,
  symlink,
  whiteout,
} from '../support/entries.ts';

function bare({ digest: _, ...entry }: Entry): Entry {
  return entry;
}

const ENTRIES: Entry[] = [
  dir('', { mode: 0o1777, mtime: -1n }),
  bare(file('d/f', 'text', { uid: 0xffff_ffff, mtime: 1_700_000_000_123_456_789n })),
  bare(file('large', 'x'.repeat(400_000), { xattrs: { 'user.a': 'AP8=', 'user.b': '' } })),
  bare(file('empty', '')),
  hardlink('h', 'd/f'),
  symlink('s\udcff', '../\udc80'),
  device('tty', 'char', 5, 0xffff_ffff),
  device('disk', 'block', 8, 1),
  fifo('pipe'),
  whiteout('w'),
  opaque('d'),
];
const TEXTS: Record<string, string> = { 'd/f': 'text', large: 'x'.repeat(400_000) };

function streamOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((e) => [encodeEntryHeader(e), Buffer.from(TEXTS[e.path] ?? '')]);
  return Buffer.concat([...parts, END_OF_ENTRIES]);
}

async function decode(bytes: Buffer, chunkSize = 65_536): Promise<[Entry, string][]> {
  const found: [Entry, string][] = [];
  for await (const { entry, chunks } of decodeEntryStream(chunksOf(bytes, chunkSize))) {
    found.push([entry, (await collect(chunks)).toString()]);
  }
  return found;
}

describe('the entry stream', () => {
  test.each([1_000_000, 65_536, 4096, 7])(
    'comes back whole from chunks of %i bytes',
    async (size) => {
      const found = await decode(streamOf(ENTRIES), size);
      expect(found).toEqual(ENTRIES.map((entry) => [entry, TEXTS[entry.path] ?? '']));
    },
  );

  test('may be read without reading the contents', async () => {
    const paths: string[] = [];
    for await (const { entry } of decodeEntryStream(chunksOf(streamOf(ENTRIES), 1000))) {
      paths.push(entry.path);
    }
    expect(paths).toEqual(ENTRIES.map((entry) => entry.path));
  });

  test('may have sockets, which are told of and left out', async () => {
    const socket = encodeEntryHeader(bare(file('run/socket', '')));
    socket.writeUInt8(10, 4);
    const bytes = Buffer.concat([socket, streamOf([dir('d')])]);
    const sockets: string[] = [];
    const paths: string[] = [];
    const options = { onSocket: (path: string) => sockets.push(path) };
    for await (const { entry } of decodeEntryStream(chunksOf(bytes), options))
      paths.push(entry.path);
    expect([sockets, paths]).toEqual([['run/socket'], ['d']]);
  });

  test('is the form that PROTOCOL.md says', () => {
    const entry = file('a/b', 'text', {
      mode: 0o4755,
      uid: 1,
      gid: 2,
      mtime: 3_000_000_004n,
      xattrs: { 'user.x': 'eQ==' },
    });
    const hex = [
      '3f000000',
      '01',
      'ed090000',
      '01000000',
      '02000000',
      '0300000000000000',
      '04000000',
      '0400000000000000',
      '00000000',
      '00000000',
      '0300',
      '0000',
      '0100',
      '612f62',
      '0600',
      '01000000',
      '757365722e78',
      '79',
    ];
    expect(encodeEntryHeader(entry).toString('hex')).toBe(hex.join(''));
  });
});

describe('a stream that is not what the protocol says', () => {
  const header = (entry: Entry, change: (bytes: Buffer) => void): Buffer => {
    const bytes = encodeEntryHeader(entry);
    change(bytes);
    return Buffer.concat([bytes, END_OF_ENTRIES]);
  };
  const one = bare(file('f', ''));

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'the stream of entries is cut short'],
    ['no end', encodeEntryHeader(dir('d')), 'the stream of entries is cut short'],
    [
      'half a content',
      encodeEntryHeader(bare(file('f', 'text'))),
      'the stream of entries is cut short',
    ],
    [
      'bytes behind the end',
      Buffer.concat([END_OF_ENTRIES, Buffer.from('x')]),
      'bytes follow the end of the entries',
    ],
    [
      'a tiny header',
      header(one, (b) => b.writeUInt32LE(46, 0)),
      "an entry's header says it has 46 bytes",
    ],
    [
      'a huge header',
      header(one, (b) => b.writeUInt32LE(0xffff_ffff, 0)),
      "an entry's header says it has 4294967295 bytes",
    ],
    [
      'an end entry with a header',
      header(one, (b) => b.writeUInt8(0, 4)),
      'an end entry with a header, or no header at all',
    ],
    ['an unknown type', header(one, (b) => b.writeUInt8(11, 4)), 'there is no entry type 11'],
    [
      'names that are too long',
      header(one, (b) => b.writeUInt16LE(2, 45)),
      'an entry has names longer than its header',
    ],
    [
      'names that are too short',
      header(one, (b) => b.writeUInt16LE(0, 45)),
      'an entry has names shorter than its header',
    ],
    ['a bad mode', header(one, (b) => b.writeUInt32LE(0o10000, 5)), '"f" has mode 010000'],
    [
      'too many nanoseconds',
      header(one, (b) => b.writeUInt32LE(1e9, 25)),
      '"f" has 1000000000 nanoseconds',
    ],
    [
      'a directory with content',
      header(dir('d'), (b) => b.writeBigUInt64LE(1n, 29)),
      'the dir "d" has 1 bytes',
    ],
    [
      'an absurd size',
      header(one, (b) => b.writeBigUInt64LE(2n ** 60n, 29)),
      'the file "f" has 1152921504606846976 bytes',
    ],
    ['an absolute path', streamOf([dir('/d')]), '"/d" is no path of an entry'],
    [
      'a path that leads outside',
      streamOf([dir('a/../../b')]),
      '"a/../../b" is no path of an entry',
    ],
    ['a path with a slash behind', streamOf([dir('d/')]), '"d/" is no path of an entry'],
    ['a root that is a link', streamOf([symlink('', '/')]), 'the root is a symlink'],
    ['a link without a target', streamOf([symlink('s', '')]), 'the symlink "s" has no target'],
    ['a directory with a target', streamOf([dir('d', { link: 'x' })]), 'the dir "d" has a target'],
    ['a hard link outside', streamOf([hardlink('h', '../x')]), '"../x" is no path of an entry'],
  ])('%s', async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_RUNNER_PROTOCOL',
        message: `the runner broke its protocol: ${message}`,
      }),
    );
  });
});
