// The media of -o. A file appears under its name when it is whole; a stream is ended.

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Store } from '../../cache/store.ts';
import { ensureDirectory, temporaryName } from '../../core/atomic-file.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
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
  image: ResolvedImage | undefined,
): Promise<void> {
  if (image === undefined) throw new Error('no image was assembled');
  const given = output.names.length > 0 ? output.names : options.tags;
  const names = given.map((name) => formatReference(parseReference(name)));
  if (output.type === 'image') {
    if (!output.push || names.length > 0)
      await openLocalStore(store.ociDir, store.blobs).write(image, names);
    if (output.push) await registriesOf(environment).write(image, names);
  } else if (output.tar) {
    await toDestination(environment, output.dest, (stream) =>
      archiveSink(output.type, stream).write(image, names),
    );
  } else {
    await layoutSink(resolve(output.dest)).write(image, names);
  }
}

/** Writes a file system as a folder or a tar. Throws E_OUTPUT. */
export async function writeFileSystem(
  environment: BuildEnvironment,
  output: OutputOf<'local' | 'tar'>,
  source: CopySource,
): Promise<void> {
  if (output.type === 'tar') {
    await toDestination(environment, output.dest, (stream) => pipeline(treeTar(source), stream));
    return;
  }
  await writeTreeFolder(source, resolve(output.dest), (path, kind) =>
    environment.events({
      event: 'warning',
      code: 'SkippedFile',
      message: `/${path} is a ${kind} device or pipe and is left out of the folder`,
    }),
  );
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

/** Gives `write` a stream to the file `dest` (or standard output); the file gets its name when it is whole. */
async function toDestination(
  { stdout }: BuildEnvironment,
  dest: string,
  write: (stream: Writable) => Promise<void>,
): Promise<void> {
  if (dest === '-') return write(withoutEnd(stdout));
  const path = resolve(dest);
  const temp = join(dirname(path), temporaryName(basename(path)));
  try {
    await ensureDirectory(dirname(path));
    await write(createWriteStream(temp, { flags: 'wx' }));
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => {});
    throw outputError(path, error);
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

function outputError(path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  const theirs =
    errno !== undefined &&
    ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOTDIR'].includes(errno);
  if (!theirs) return error;
  return new BuildError('E_OUTPUT', `${path} cannot be written: ${errno}`, {
    cause: error,
    hint: errno === 'ENOSPC' ? 'the disk is full' : 'choose another place with dest=',
  });
}
