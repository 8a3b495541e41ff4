// The form of an exported cache: an OCI image layout with one artifact, so that whatever copies images (skopeo, oras, a
// registry) copies a cache too. Its config lists the records, the layers and the mounts; its layers are the lists of
// entries, the layers' tars and the mounts' tars. Trees are not in it: whoever reads it makes them of the lists.
// docs/decisions/0070-exported-caches.md

import type { CacheRecord, KeyParts } from '../../../cache/records.ts';
import { type Canonical, canonicalJson, digestOf } from '../../../core/canonical.ts';
import type { Digest } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import type { StepUsage } from '../../../core/events.ts';
import type { Observation } from '../../../core/step-reason.ts';
import { JsonReader } from '../../../image/json-reader.ts';
import { parseDescriptor } from '../../../image/manifest.ts';
import { type Descriptor, MEDIA } from '../../../image/model.ts';

export const CACHE_MEDIA = {
  artifact: 'application/vnd.slipway.cache.v1',
  config: 'application/vnd.slipway.cache.v1+json',
  entries: 'application/vnd.slipway.cache.entries.v1+gzip',
  reads: 'application/vnd.slipway.cache.reads.v1+gzip',
  mount: 'application/vnd.slipway.cache.mount.v1.tar+gzip',
} as const;

/** More than any cache has; bounds what a crafted one can make a reader hold. */
export const MAX_CONFIG_BYTES = 512 << 20;

export interface CachedLayer {
  /** The layer's name: the digest of its list of entries. */
  readonly id: Digest;
  /** The digest of its tar, and of that compressed. */
  readonly diffId: Digest;
  readonly blob: Digest;
  /** The name of the compressor: where it is the reader's own, the blob is what that would make. */
  readonly compressor: string;
}

export interface CachedMount {
  /** With the namespace before it and a NUL between them, where there is one. */
  readonly id: string;
  readonly begin: string;
  readonly blob: Digest;
}

export interface CacheConfig {
  readonly records: readonly CacheRecord[];
  /** Which records a step had, the newest first, by what tells the step from others. */
  readonly steps: readonly (readonly [fingerprint: Digest, keys: readonly Digest[]])[];
  readonly layers: readonly CachedLayer[];
  readonly mounts: readonly CachedMount[];
}

export interface CacheManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export function encodeConfig({ records, steps, layers, mounts }: CacheConfig): Buffer {
  const bare = records.map(withoutHere);
  return Buffer.from(
    canonicalJson({ records: bare, steps, layers, mounts } as unknown as Canonical),
  );
}

/** What holds for this store only: when it was used, what it was made of, and whom it was had from. */
function withoutHere({ used, from, imported, ...record }: CacheRecord): object {
  return record;
}

export function encodeManifest({ config, layers }: CacheManifest): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      artifactType: CACHE_MEDIA.artifact,
      config,
      layers,
    }),
  );
}

/** Parses the manifest of a cache. Throws E_CACHE_ARCHIVE. */
export function parseCacheManifest(bytes: Uint8Array, place: string): CacheManifest {
  const root = JsonReader.parse(bytes, `the manifest of ${place}`, 'E_CACHE_ARCHIVE');
  const config = parseDescriptor(root.get('config'));
  if (config.mediaType !== CACHE_MEDIA.config) throw notACache(place);
  return { config, layers: root.get('layers').items().map(parseDescriptor) };
}

/** The error for a layout or archive that holds something else. */
export function notACache(place: string): BuildError {
  return new BuildError('E_CACHE_ARCHIVE', `${place} holds no exported cache`, {
    hint: 'slipway cache export makes one; slipway load reads images',
  });
}

/** Parses the config of a cache. Every key is that of its parts. Throws E_CACHE_ARCHIVE. */
export function parseConfig(bytes: Uint8Array, place: string, now: number): CacheConfig {
  const root = JsonReader.parse(bytes, `the config of ${place}`, 'E_CACHE_ARCHIVE');
  return {
    records: root
      .get('records')
      .items()
      .map((record) => parseRecord(record, now)),
    steps: root.get('steps').items().map(parseStep),
    layers: root
      .get('layers')
      .items()
      .map((layer) => ({
        id: layer.get('id').digest(),
        diffId: layer.get('diffId').digest(),
        blob: layer.get('blob').digest(),
        compressor: layer.get('compressor').string(),
      })),
    mounts: root
      .get('mounts')
      .items()
      .map((mount) => ({
        id: mount.get('id').string(),
        begin: mount.get('begin').string(),
        blob: mount.get('blob').digest(),
      })),
  };
}

const KINDS: ReadonlySet<string> = new Set(['base', 'fetch', 'run', 'copy', 'workdir']);

function parseRecord(root: JsonReader, now: number): CacheRecord {
  const parts = root.get('parts').items().map(parsePart);
  const key = root.get('key').digest();
  if (digestOf('slipway-key/1', parts) !== key)
    throw root.error('has a key that is not of its parts');
  const kind = root.get('kind').string();
  if (!KINDS.has(kind)) throw root.get('kind').error('is not known');
  return {
    key,
    kind,
    step: root.get('step').string(),
    parts,
    tree: root.get('tree').digest(),
    layers: root
      .get('layers')
      .items()
      .map((layer) => layer.digest()),
    created: root.get('created').count(),
    used: now,
    ms: root.get('ms').count(),
    ...root.optional('usage', parseUsage),
    ...root.optional('observed', parseObserved),
    imported: true,
  };
}

function parsePart(pair: JsonReader): KeyParts[number] {
  const [name, value, ...more] = pair.strings();
  if (name === undefined || value === undefined || more.length > 0) throw pair.error('is no pair');
  return [name, value];
}

function parseStep(pair: JsonReader): CacheConfig['steps'][number] {
  const [fingerprint, keys] = pair.items();
  if (fingerprint === undefined || keys === undefined) throw pair.error('is no pair');
  return [fingerprint.digest(), keys.items().map((key) => key.digest())];
}

function parseObserved(observed: JsonReader): Observation {
  return {
    reads: observed.optional('reads', (reads) => reads.digest()).reads,
    ...observed.optional('links', (links) => links.digest()),
    ...observed.optional('incomplete', (why) => why.string()),
    network: observed.get('network').boolean(),
    calls: observed.get('calls').count(),
    supervisorMs: observed.get('supervisorMs').count(),
  };
}

function parseUsage(usage: JsonReader): StepUsage {
  return {
    userMs: usage.get('userMs').count(),
    systemMs: usage.get('systemMs').count(),
    peakMemory: usage.get('peakMemory').count(),
    written: usage.get('written').count(),
  };
}
