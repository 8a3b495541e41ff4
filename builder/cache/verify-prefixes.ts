// What is remembered of how blobs begin, against the blobs: the states of sha256 at the places where another layer may
// go on are made again from the bytes before them.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Block } from '../../image/stream/block-cutter.ts';
import { withPackRunners } from '../exec/pack-runners.ts';
import { packLayer } from '../export/pack-layer.ts';
import { decodePrefix, type Resumption } from '../export/prefix-record.ts';
import type { Fault } from './fault.ts';
import { readByParts } from './read-by-parts.ts';

interface Remembered {
  readonly key: Uint8Array;
  readonly blobBytes: number;
  readonly resumption: Resumption;
}

/** Looks at every record, and with `drops` removes those that are wrong, or of blobs that are not there. */
export async function verifyPrefixes(
  store: Store,
  drops: boolean,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const [blob, remembered] of byBlob(store)) {
    const isThere = (await store.blobs.has(blob)) !== undefined;
    if (isThere && (await isRight(store, blob, remembered, signal))) continue;
    const what = 'what is remembered of how it begins is not so';
    if (isThere) faults.push({ kind: 'blob', name: blob, what, heals: true });
    if (drops) for (const { key } of remembered) store.prefixes.delete(key);
  }
  return faults;
}

/** Those of each blob in the order of their places. */
function byBlob({ prefixes }: Store): Map<Digest, Remembered[]> {
  const found = new Map<Digest, Remembered[]>();
  for (const { key, value } of prefixes.entries()) {
    const record = decodePrefix(key, value);
    const last = record?.blocks.at(-1)?.place;
    if (record?.resumption === undefined || last === undefined) continue;
    const blobBytes = last.offset + last.length;
    const others = found.get(record.blob) ?? [];
    others.push({ key, blobBytes, resumption: record.resumption });
    found.set(record.blob, others);
  }
  for (const remembered of found.values()) remembered.sort((a, b) => a.blobBytes - b.blobBytes);
  return found;
}

async function isRight(
  { blobs }: Store,
  blob: Digest,
  remembered: readonly Remembered[],
  signal: AbortSignal,
): Promise<boolean> {
  const [places, tarPlaces] = [new Set<number>(), new Set<number>()];
  for (const { blobBytes, resumption } of remembered) {
    places.add(blobBytes);
    tarPlaces.add(resumption.tarBytes);
  }
  const bytes = (): AsyncIterable<Uint8Array> => readByParts(blobs, blob);
  try {
    const states = await statesAt(places, bytes(), signal);
    const tarStates = await statesAt(tarPlaces, decompressLayer(bytes()), signal);
    return remembered.every(
      ({ blobBytes, resumption: { tarBytes, tarState, blobState } }) =>
        states.get(blobBytes)?.equals(blobState) && tarStates.get(tarBytes)?.equals(tarState),
    );
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return false;
  }
}

/** The states of sha256 behind so many bytes, in ascending order, as the runner tells them. */
async function statesAt(
  places: ReadonlySet<number>,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Buffer>> {
  const cut = cutAt([...places], chunks);
  const how = { gzipLevel: undefined, output: '/dev/null', known: () => undefined, signal };
  const { blocks } = await withPackRunners(signal, (runners) =>
    runners.use((runner) => packLayer(cut, { ...how, runner })),
  );
  return new Map(
    blocks.flatMap(({ resumption }) =>
      resumption ? [[resumption.tarBytes, Buffer.from(resumption.tarState)] as const] : [],
    ),
  );
}

const LARGEST = 1 << 20;

/** The bytes in blocks that end at each of the places, and not only there. */
async function* cutAt(
  places: readonly number[],
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Block> {
  let [offset, next] = [0, 0];
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const place = places[next] ?? Number.POSITIVE_INFINITY;
      const length = Math.min(chunk.byteLength - at, LARGEST, place - offset);
      at += length;
      offset += length;
      if (offset === place) next++;
      const parts = [chunk.subarray(at - length, at)];
      yield { parts, identity: undefined, entries: offset === place ? next : undefined };
    }
  }
}
