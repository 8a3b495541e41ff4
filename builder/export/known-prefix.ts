// How a layer's blob begins, where its list begins as that of an earlier layer: the blocks that are the same, and
// where the two digests go on behind them. So of a layer in which one file has changed, nothing before that file is
// opened, read, hashed or described again. A tar is made of the entries alone, and they have the digests of their files,
// so the chunks of a list that two layers share say the same bytes. What a record is under is the chain of these chunks:
// all of them must be the same, not only the last one.

import { digestKey } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, sha256 } from '../../core/digest.ts';
import type { ListChunk } from '../../image/layer.ts';
import type { PlaceInBlob } from './block-place.ts';
import type { PackedBlock } from './pack-layer.ts';
import {
  decodePrefix,
  encodePrefix,
  type KnownPrefix,
  type PrefixRecord,
} from './prefix-record.ts';

export interface Prefixes {
  /** The longest beginning that is known; undefined where none is. Only that its blobs are there is checked. */
  find(): Promise<KnownPrefix | undefined>;
  /** Says that what was found was not so, and that the layer was written without it. */
  forget(): void;
  /** Remembers how the layer begins: `blob`, which is in the store, has `headBytes` and these blocks. */
  keep(blob: Digest, headBytes: number, blocks: readonly PackedBlock[]): void;
}

/** What is known of layers whose list consists of these chunks, by a compressor of this name. */
export function prefixesOf(
  { prefixes, blobs }: Store,
  compressor: string,
  chunks: readonly ListChunk[],
): Prefixes {
  const keyed = keyedChunks(compressor, chunks);
  let known: PrefixRecord[] = [];
  return {
    async find() {
      known = [];
      for (const { key } of keyed) {
        const bytes = prefixes.get(key);
        const record = bytes && decodePrefix(key, bytes);
        if (record === undefined || (await blobs.has(record.blob)) === undefined) break;
        known.push(record);
      }
      const resumption = known.findLast((record) => record.resumption)?.resumption;
      const pathOf = (blob: Digest): string => blobs.pathOf(blob);
      return (
        resumption && { blocks: known.flatMap((record) => piecesOf(record, pathOf)), resumption }
      );
    },
    forget() {
      known = [];
    },
    keep(blob, headBytes, blocks) {
      const passed = known.reduce((sum, record) => sum + record.blocks.length, 0);
      const rest = blocksWithPlaces(headBytes, blocks).slice(passed);
      for (const [index, { key, entries }] of keyed.entries()) {
        const record = known[index] ?? takeRecord(rest, entries);
        if (record === undefined) return;
        prefixes.put(key, encodePrefix(key, { ...record, blob }));
      }
    },
  };
}

/** Each chunk with the key of the chain that ends with it, and how many entries there are up to its end. */
function keyedChunks(
  compressor: string,
  chunks: readonly ListChunk[],
): readonly { readonly key: Buffer; readonly entries: number }[] {
  let chain = sha256(`slipway-layer-prefix/2\0${compressor}`);
  let entries = 0;
  return chunks.map(({ count, digest }) => {
    chain = sha256(`${chain} ${digest}`);
    entries += count;
    return { key: digestKey(chain), entries };
  });
}

function piecesOf(
  { blob, blocks }: PrefixRecord,
  pathOf: (blob: Digest) => string,
): KnownPrefix['blocks'] {
  const path = pathOf(blob);
  return blocks.map(({ identity, place }) => ({ identity, path, place: { blob, ...place } }));
}

interface PlacedBlock extends PackedBlock {
  readonly place: PlaceInBlob;
}

function blocksWithPlaces(start: number, blocks: readonly PackedBlock[]): PlacedBlock[] {
  let offset = start;
  return blocks.map((block) => {
    const place = { offset, ...block.piece, source: block.source };
    offset += block.piece.length;
    return { ...block, place };
  });
}

/**
 * Takes the blocks that end before entry `end`, up to the last one behind which a layer can go on: the entry behind a
 * block is what ended it, so it must be one of those that the record stands on. Undefined where one has no identity.
 */
function takeRecord(blocks: PlacedBlock[], end: number): Omit<PrefixRecord, 'blob'> | undefined {
  let taken = 0;
  for (const [index, { resumption }] of blocks.entries()) {
    if (resumption === undefined) continue;
    if (resumption.entries >= end) break;
    taken = index + 1;
  }
  const ended = blocks.splice(0, taken);
  const named = ended.flatMap(({ identity, place }) => (identity ? [{ identity, place }] : []));
  if (named.length < ended.length) return undefined;
  return { blocks: named, resumption: ended.at(-1)?.resumption };
}
