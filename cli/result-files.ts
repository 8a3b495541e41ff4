// The files that tell a script how a build ended: --iidfile and --metadata-file.

import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BuildResult } from '../builder/result.ts';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { isBuildError } from '../core/errors.ts';
import { outputError } from '../core/output-error.ts';
import { isRegularFile } from '../core/output-file.ts';
import { errorToJson } from './error-to-json.ts';

export interface ResultFiles {
  /** Paths as written; undefined where the file was not asked for. */
  readonly idFile: string | undefined;
  readonly metadataFile: string | undefined;
  readonly cwd: string;
}

/** Removes the files of an earlier build, so that a failed build leaves none that looks like its own. Throws E_OUTPUT. */
export async function removeOldResults(files: ResultFiles): Promise<void> {
  for (const path of [files.idFile, files.metadataFile]) {
    if (path === undefined) continue;
    const absolute = resolve(files.cwd, path);
    try {
      if (isRegularFile(absolute)) await rm(absolute, { force: true });
    } catch (error) {
      throw outputError(path, error);
    }
  }
}

/** Writes both files for a build that succeeded; the id is the image's manifest digest. Throws E_OUTPUT. */
export async function writeResults(files: ResultFiles, result: BuildResult): Promise<void> {
  if (files.idFile !== undefined) await put(files, files.idFile, result.digest ?? '');
  await putMetadata(files, {
    'containerimage.digest': result.digest,
    'containerimage.config.digest': result.configDigest,
    'containerimage.descriptor': result.manifest,
    'image.name': result.names.length > 0 ? result.names.join(',') : undefined,
  });
}

/** Writes the metadata file for a build that failed by `error`. Throws E_OUTPUT. */
export async function writeFailure(files: ResultFiles, error: unknown): Promise<void> {
  await putMetadata(files, {
    'slipway.error': errorToJson(error),
    'slipway.exitCode': isBuildError(error) ? error.exitCode : undefined,
  });
}

async function putMetadata(files: ResultFiles, metadata: object): Promise<void> {
  if (files.metadataFile === undefined) return;
  await put(files, files.metadataFile, `${JSON.stringify(metadata, null, 2)}\n`);
}

/** A regular file is replaced whole; a pipe or a device, such as /dev/stdout, is written to. */
async function put(files: ResultFiles, path: string, text: string): Promise<void> {
  const absolute = resolve(files.cwd, path);
  try {
    if (isRegularFile(absolute)) {
      await writeFileAtomic(absolute, (file) => file.writeFile(text));
    } else await writeFile(absolute, text);
  } catch (error) {
    throw outputError(path, error);
  }
}
