// The media of -o. A file appears under its name when it is whole; a stream is ended.

import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import type { Store } from '../../cache/store.ts';
import { isBuildError } from '../../core/errors.ts';
import { outputError } from '../../core/output-error.ts';
import { type WriteAll, writeOutputFile, writeOutputStream } from '../../core/output-file.ts';
import { archiveSink } from '../../image/archive/write.ts';
import { layoutSink } from '../../image/layout/write.ts';
import { openLocalStore } from '../../image/local-store.ts';
import { formatReference, parseReference } from '../../image/reference.ts';
import type { ResolvedImage } from '../../image/source.ts';
import type { CopySource } from '../copy/source.ts';
import type { BuildEnvironment } from '../environment.ts';
import type { BuildOptions, OutputSpec } from '../options.ts';
import { registriesOf } from '../registry.ts';
import { writeTreeFolder } from './tree-folder.ts';
import { treeTar } from './tree-tar.ts';

type OutputOf<Type extends OutputSpec['type']> = Extract<OutputSpec, { readonly type: Type }>;

export interface ImageOutputContext {
  readonly store: Store;
  readonly options: BuildOptions;
  readonly environment: BuildEnvironment;
}

/** Writes an image to an archive, a layout folder, the local store or a registry. Throws E_OUTPUT. */
export async function writeImage(
  { store, options, environment }: ImageOutputContext,
  output: OutputOf<'oci' | 'docker' | 'image'>,
  image: ResolvedImage,
): Promise<void> {
  const given = output.names.length > 0 ? output.names : options.tags;
  const names = given.map((name) => formatReference(parseReference(name)));
  if (output.type === 'image') {
    if (!output.push || names.length > 0)
      await openLocalStore(store.ociDir, store.blobs).write(image, names);
    if (output.push) await registriesOf(environment).write(image, names);
  } else if (output.tar) {
    const write = destination(environment, output.dest);
    const use = output.dest === '-' ? 'own' : 'lent';
    await archiveSink(output.type, write, use).write(image, names);
  } else {
    await toFolder(output.dest, (folder) => layoutSink(folder).write(image, names));
  }
}

/** Writes a file system as a folder or a tar. Throws E_OUTPUT. */
export async function writeFileSystem(
  environment: BuildEnvironment,
  output: OutputOf<'local' | 'tar'>,
  source: CopySource,
): Promise<void> {
  if (output.type === 'tar') {
    await destination(environment, output.dest)(treeTar(source));
    return;
  }
  const onSkipped = (path: string, kind: string): void =>
    environment.events({
      event: 'warning',
      code: 'SkippedFile',
      message: `/${path} is a ${kind} device or pipe and is left out of the folder`,
    });
  await toFolder(output.dest, (folder) => writeTreeFolder(source, folder, onSkipped));
}

/** What an output is called in the log. */
export function outputName(output: OutputSpec): string {
  switch (output.type) {
    case 'oci':
    case 'docker':
      return `${output.type === 'oci' ? 'OCI' : 'Docker'} ${output.tar ? 'archive' : 'layout'} ${shown(output.dest)}`;
    case 'local':
      return `folder ${output.dest}`;
    case 'tar':
      return `tar ${shown(output.dest)}`;
    case 'image':
      return output.push ? 'registry' : 'local store';
  }
}

function shown(dest: string): string {
  return dest === '-' ? 'on standard output' : dest;
}

/** Writes to the file `dest`, or to standard output. */
function destination({ stdout }: BuildEnvironment, dest: string): WriteAll {
  const path = resolve(dest);
  return dest === '-'
    ? (chunks) => writeOutputStream(withoutEnd(stdout), 'standard output', chunks)
    : (chunks) => writeOutputFile(path, path, chunks);
}

async function toFolder(dest: string, write: (folder: string) => Promise<void>): Promise<void> {
  const folder = resolve(dest);
  try {
    await write(folder);
  } catch (error) {
    // A layout's blobs are written as those of the store are, and fail by the store's words.
    const cause = isBuildError(error) && error.code === 'E_STORE_UNUSABLE' ? error.cause : error;
    throw outputError(folder, cause);
  }
}

/** Standard output stays open: it is not ours to end. */
function withoutEnd(stream: Writable): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      stream.write(chunk, done);
    },
  });
}
