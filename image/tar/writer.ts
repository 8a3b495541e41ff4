// Writes a layer's tar, in one pinned form: the same entries give the same bytes on every machine. The form is
// ustar, with a PAX header only for what ustar cannot say; user and group names are empty; times are whole
// seconds, rounded down, as most builders write them (sub-second times stay in the layer's entries).
// A change of the form changes every diffID that slipway makes.

import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import type { Entry } from '../entry.ts';
import type { FileContent, FileOnDisk, LayerContents } from '../layer.ts';
import { type Block, BlockCutter, blockBytes } from '../stream/block-cutter.ts';
import { FileChunks } from '../stream/file-chunks.ts';
import { inBatches } from '../stream/in-batches.ts';
import { assertInOrder } from '../tree/sort-entries.ts';
import { encodeHeader, MAX_OCTAL_7, MAX_OCTAL_11, splitName } from './header.ts';
import { padding, TAR_END } from './padding.ts';
import { paxBlocks } from './pax-blocks.ts';

const TYPES: Readonly<Record<Entry['type'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
  whiteout: '0',
  opaque: '0',
};

/**
 * Yields the tar of the entries (in canonical order), in chunks of up to a megabyte. Throws E_FILE_CHANGED where a
 * content is not as long as its entry says, and whatever `contents` throws.
 */
export async function* writeLayerTar(
  entries: Iterable<Entry>,
  contents: LayerContents,
): AsyncGenerator<Uint8Array> {
  for await (const block of writeLayerBlocks(entries, contents, 'bytes')) yield blockBytes(block);
}

/**
 * Yields the same tar cut into blocks, with `files` as places on disk of what lies there and need not pass through this
 * process. Throws as `writeLayerTar` does.
 */
export async function* writeLayerBlocks(
  entries: Iterable<Entry>,
  contents: LayerContents,
  form: 'bytes' | 'files',
): AsyncGenerator<Block> {
  const cutter = new BlockCutter();
  const placeOf = form === 'files' ? await contents.places?.() : undefined;
  let previous: Entry | undefined;
  for (const batch of inBatches(entries)) {
    const places = batch.map((entry) => (isFile(entry) ? placeOf?.(entry) : undefined));
    const unplaced = batch.filter((entry, at) => isFile(entry) && places[at] === undefined);
    const bodies = contents.read(unplaced)[Symbol.asyncIterator]();
    try {
      for (const [at, entry] of batch.entries()) {
        assertInOrder(previous, entry);
        previous = entry;
        cutter.header(headerBlocks(entry), isFile(entry) ? entry.size : 0);
        const place = places[at];
        if (place !== undefined) addFile(cutter, entry, place);
        else if (isFile(entry)) yield* addBody(cutter, entry, await nextBody(bodies, entry));
        for (const block of cutter.take()) yield block;
      }
    } finally {
      await bodies.return?.();
    }
  }
  cutter.padding(TAR_END);
  cutter.end();
  yield* cutter.take();
}

function addFile(cutter: BlockCutter, { size, digest }: Entry, file: FileOnDisk): void {
  cutter.file(file, size, digest);
  cutter.padding(padding(size));
}

async function* addBody(
  cutter: BlockCutter,
  entry: Entry,
  { chunks }: FileContent,
): AsyncGenerator<Block> {
  const { digest, size } = entry;
  const small = chunks instanceof FileChunks ? chunks.takeBuffered() : undefined;
  let offset = 0;
  for await (const piece of small === undefined ? chunks : [small]) {
    if (offset + piece.byteLength > size) throw changed(entry, 'longer');
    cutter.content(piece, { digest, offset });
    offset += piece.byteLength;
    yield* cutter.take();
  }
  if (offset !== size) throw changed(entry, 'shorter');
  cutter.padding(padding(size));
}

function isFile(entry: Entry): boolean {
  return entry.type === 'file';
}

async function nextBody(bodies: AsyncIterator<FileContent>, entry: Entry): Promise<FileContent> {
  const { done, value } = await bodies.next();
  if (done) throw new Error(`no content for ${JSON.stringify(entry.path)}`);
  if (value.entry.path !== entry.path) {
    throw new Error(`the content of ${JSON.stringify(value.entry.path)} came out of order`);
  }
  return value;
}

/** The blocks that stand before an entry's content. */
function headerBlocks(entry: Entry): Buffer {
  const pax = new Map<string, Buffer>();
  const name = memberName(entry);
  const header = {
    mode: entry.mode,
    uid: numberField(pax, 'uid', entry.uid, MAX_OCTAL_7),
    gid: numberField(pax, 'gid', entry.gid, MAX_OCTAL_7),
    size: numberField(pax, 'size', isFile(entry) ? entry.size : 0, MAX_OCTAL_11),
    mtime: numberField(pax, 'mtime', wholeSeconds(entry.mtime), MAX_OCTAL_11),
    type: TYPES[entry.type],
    link: linkField(pax, entry.link ?? ''),
    major: deviceNumber(entry, entry.major),
    minor: deviceNumber(entry, entry.minor),
  };
  const split = isAscii(name) ? splitName(name) : undefined;
  if (split === undefined) pax.set('path', nameToBytes(name));
  for (const [key, value] of Object.entries(entry.xattrs ?? {})) {
    pax.set(`SCHILY.xattr.${key}`, Buffer.from(value, 'base64'));
  }
  const block = encodeHeader(header, split ?? { prefix: '', name: shown(name) });
  return pax.size === 0 ? block : Buffer.concat([paxBlocks(pax), block]);
}

/** The name in the archive: removals by their marks (OCI image-spec, layer.md), directories with a slash. */
function memberName({ path, type }: Entry): string {
  if (type === 'opaque') return path === '' ? '.wh..wh..opq' : `${path}/.wh..wh..opq`;
  const slash = path.lastIndexOf('/') + 1;
  if (type !== 'whiteout' && path.startsWith('.wh.', slash)) throw readAsRemoval(path);
  if (type === 'dir') return path === '' ? './' : `${path}/`;
  if (type !== 'whiteout') return path;
  return `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
}

/** Every reader of layers would take such a file for the removal of another one. */
function readAsRemoval(path: string): BuildError {
  return new BuildError('E_UNSUPPORTED', `${JSON.stringify(path)} cannot be kept in a layer`, {
    hint: 'in a layer, a name that begins with ".wh." removes the file whose name follows; rename it',
  });
}

/** A number that does not fit its field is 0 there, and right in the PAX header. */
function numberField(
  pax: Map<string, Buffer>,
  key: string,
  value: number,
  largest: number,
): number {
  if (value >= 0 && value <= largest) return value;
  pax.set(key, Buffer.from(`${value}`));
  return 0;
}

function wholeSeconds(mtime: bigint): number {
  const seconds = Number(mtime / 1_000_000_000n);
  return mtime < 0n && mtime % 1_000_000_000n < 0n ? seconds - 1 : seconds;
}

function linkField(pax: Map<string, Buffer>, link: string): string {
  if (link.length <= 100 && isAscii(link)) return link;
  pax.set('linkpath', nameToBytes(link));
  return shown(link);
}

function deviceNumber(entry: Entry, value = 0): number {
  if (value <= MAX_OCTAL_7) return value;
  throw new BuildError(
    'E_UNSUPPORTED',
    `the device number ${value} of ${JSON.stringify(entry.path)} does not fit a tar`,
  );
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** For readers that know no PAX: something like the name. */
function shown(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, 100);
}

function changed(entry: Entry, how: string): BuildError {
  return new BuildError(
    'E_FILE_CHANGED',
    `the content of ${JSON.stringify(entry.path)} is ${how} than the ${entry.size} bytes it had`,
    { hint: 'build again while nothing writes to it' },
  );
}
