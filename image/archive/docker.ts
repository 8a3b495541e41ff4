// The form of `docker save`: manifest.json names a config and layer tars. It has no descriptors, so
// they are made here: a plain layer's digest is its diff id, a compressed layer (as some builders
// write them) is hashed once. What a layer holds is checked when it is read, like any blob.
// https://github.com/moby/moby/blob/v28.0.0/image/tarexport/tarexport.go

import { verifyChunks } from '../../cache/blob-verify.ts';
import { type Digest, finishDigest, parseDigest, sha256, startDigest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { parseConfig } from '../config.ts';
import { JsonReader } from '../json-reader.ts';
import { imageNotFound } from '../layout/index-file.ts';
import { type Descriptor, type ImageConfig, type Manifest, MEDIA } from '../model.ts';
import { formatReference, parseReference } from '../reference.ts';
import type { ResolvedImage } from '../source.ts';
import type { ArchiveMembers } from './members.ts';
import type { ArchiveImages } from './source.ts';
import { invalid } from './tar-index.ts';

export const MANIFEST_FILE = 'manifest.json';

interface DockerImage {
  readonly config: string;
  /** Canonical references. */
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

/** The images of a `docker save` archive as a source, and what they are called. Throws E_ARCHIVE_INVALID. */
export async function dockerArchiveSource(members: ArchiveMembers): Promise<ArchiveImages> {
  const images = parseManifestFile(await members.readSmall(MANIFEST_FILE), members.place);
  return {
    images: images.map(({ names }) => ({ select: names[0] ?? '', names })),
    async resolve(name) {
      return await loadDockerImage(members, selectImage(images, name, members.place), name);
    },
  };
}

function parseManifestFile(bytes: Buffer, place: string): DockerImage[] {
  const root = JsonReader.parse(bytes, `${place}: ${MANIFEST_FILE}`, 'E_ARCHIVE_INVALID');
  return root.items().map((item) => ({
    config: item.get('Config').string(),
    layers: item.get('Layers').strings(),
    names: item
      .get('RepoTags')
      .strings()
      .map((text) => formatReference(parseReference(text))),
  }));
}

/** '' is the only image; otherwise a name, short or complete. */
function selectImage(images: readonly DockerImage[], name: string, place: string): DockerImage {
  const wanted = name === '' ? undefined : formatReference(parseReference(name));
  const found = images.filter((image) => wanted === undefined || image.names.includes(wanted));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw imageNotFound(
    place,
    name,
    images.flatMap(({ names }) => names),
  );
}

async function loadDockerImage(
  members: ArchiveMembers,
  image: DockerImage,
  name: string,
): Promise<ResolvedImage> {
  const shown = `${name || (image.names[0] ?? 'the image')} of ${members.place}`;
  const configBytes = await members.readSmall(image.config);
  const configDescriptor: Descriptor = {
    mediaType: MEDIA.ociConfig,
    digest: sha256(configBytes),
    size: configBytes.byteLength,
  };
  checkConfigName(image.config, configDescriptor.digest, members.place);
  const config = parseConfig(configBytes, image.layers.length, shown);
  const layers: Descriptor[] = [];
  const paths = new Map<Digest, string>();
  for (const [index, path] of image.layers.entries()) {
    const layer = await describeLayer(members, path, diffIdAt(config, index));
    layers.push(layer);
    paths.set(layer.digest, path);
  }
  const document: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: configDescriptor,
    layers,
  };
  const manifestBytes = Buffer.from(JSON.stringify(document));
  return {
    name: shown,
    manifest: {
      mediaType: document.mediaType,
      digest: sha256(manifestBytes),
      size: manifestBytes.byteLength,
    },
    manifestBytes,
    configDescriptor,
    configBytes,
    config,
    layers,
    openBlob: (descriptor) => openLayer(members, paths.get(descriptor.digest), descriptor),
  };
}

/** Docker names the config by its digest: where it does, the name must be right. */
function checkConfigName(path: string, digest: Digest, place: string): void {
  const hex = /(?:^|\/)(?:sha256:)?([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  const said = hex === undefined ? digest : parseDigest(`sha256:${hex}`);
  if (said !== digest)
    throw invalid(place, `the config ${safeText(path)} has the digest ${digest}`);
}

function diffIdAt(config: ImageConfig, index: number): Digest {
  const diffId = config.rootfs.diff_ids[index];
  if (diffId === undefined) throw new Error('parseConfig let too few diff ids through');
  return diffId;
}

async function describeLayer(
  members: ArchiveMembers,
  path: string,
  diffId: Digest,
): Promise<Descriptor> {
  const member = members.open(path);
  if (member === undefined) throw members.missing(path);
  const { size, chunks } = member;
  const hash = startDigest();
  let gzip: boolean | undefined;
  for await (const chunk of chunks) {
    gzip ??= chunk[0] === 0x1f && chunk[1] === 0x8b;
    if (!gzip) return { mediaType: MEDIA.ociLayer, digest: diffId, size };
    hash.update(chunk);
  }
  return {
    mediaType: gzip === true ? MEDIA.ociLayerGzip : MEDIA.ociLayer,
    digest: finishDigest(hash),
    size,
  };
}

async function* openLayer(
  members: ArchiveMembers,
  path: string | undefined,
  { digest, size }: Descriptor,
): AsyncIterable<Uint8Array> {
  const member = path === undefined ? undefined : members.open(path);
  if (member === undefined) {
    throw new BuildError('E_BLOB_MISSING', `${members.place} lacks blob ${digest}`);
  }
  yield* verifyChunks(member.chunks, { digest, size }, members.place);
}
