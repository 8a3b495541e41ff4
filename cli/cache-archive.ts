// Where an exported cache goes to and comes from: a tar, a folder, or a standard stream.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ExportChoice } from '../builder/cache/transfer/export-cache.ts';
import type { ImportChoice, ImportedCache } from '../builder/cache/transfer/import-cache.ts';
import type { BuildEnvironment } from '../builder/environment.ts';
import type { Store } from '../cache/store.ts';
import { BuildError } from '../core/errors.ts';
import { outputError } from '../core/output-error.ts';
import { type WriteAll, writeOutputFile, writeOutputStream } from '../core/output-file.ts';
import type { Host } from './host.ts';
import { archiveInput } from './input/archive-input.ts';
import { counted, formatSize } from './render/quantities.ts';
import { storeHome } from './store-home.ts';

/** Writes what `choice` says to `dest` and tells on standard error what that was. Throws E_OUTPUT, E_USAGE. */
export async function exportTo(
  host: Host,
  store: Store,
  dest: string,
  choice: ExportChoice,
): Promise<void> {
  if (dest === '-' && host.stdout.isTTY) {
    throw new BuildError('E_USAGE', 'an archive is not written to a terminal', {
      hint: 'give a path, or send standard output to a file or a pipe',
    });
  }
  const { exportCache } = await import('../builder/cache/transfer/export-cache.ts');
  const { writeCacheFolder, writeCacheTar } = await import(
    '../builder/cache/transfer/write-archive.ts'
  );
  const path = resolve(host.cwd, dest);
  const write: WriteAll =
    dest === '-'
      ? (chunks) => writeOutputStream(host.stdout, 'standard output', chunks)
      : (chunks) => writeOutputFile(path, dest, chunks);
  const cache = await exportCache(store, choice, environmentOf(host), async (gathered) => {
    if (dest === '-' || !(await isFolder(dest, path))) return writeCacheTar(gathered, write);
    await writeCacheFolder(gathered, path).catch((error: unknown) => {
      throw outputError(dest, error);
    });
  });
  const { records, layers, mounts } = cache.config;
  const bytes = cache.blobs.reduce((sum, { size }) => sum + size, 0);
  const counts = [
    counted(records.length, 'record'),
    counted(layers.length, 'layer'),
    counted(mounts.length, 'cache mount'),
  ];
  host.stderr.write(`exported ${counts.join(', ')}: ${formatSize(bytes)}\n`);
}

/** A path that ends in a slash, or a folder that is there; anything else is a file. */
async function isFolder(dest: string, path: string): Promise<boolean> {
  return dest.endsWith('/') || (await isDirectory(path));
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Imports what `choice` says from `source`. Throws E_CACHE_ARCHIVE and what opening it throws. */
export async function importFrom(
  host: Host,
  store: Store,
  source: string,
  choice: ImportChoice,
): Promise<ImportedCache> {
  const input = await archiveInput(host, source, 'give a path');
  const { importCache } = await import('../builder/cache/transfer/import-cache.ts');
  if (typeof input === 'string' && (await isDirectory(input))) {
    const { openLayoutFolder } = await import('../image/layout/read.ts');
    return importCache(store, await openLayoutFolder(input), choice, environmentOf(host));
  }
  const { openLayoutArchive } = await import('../image/archive/read.ts');
  const archive = await openLayoutArchive(input, store.lease.tmp);
  try {
    return await importCache(store, archive, choice, environmentOf(host));
  } finally {
    await archive.close();
  }
}

/** Says of each mount what came of it. Throws E_CACHE_MOUNT where one was to be replaced and a step has it. */
export function tellOfMounts(host: Host, mounts: ImportedCache['mounts']): void {
  for (const { mount, outcome } of mounts) {
    const name = mount.id.replace('\0', '/');
    if (outcome === 'made') host.stdout.write(`imported the cache mount ${name}\n`);
    if (outcome === 'kept')
      host.stdout.write(`kept the cache mount ${name} that is there (--replace)\n`);
  }
  const inUse = mounts.filter(({ outcome }) => outcome === 'in use');
  if (inUse.length === 0) return;
  const names = inUse.map(({ mount }) => mount.id.replace('\0', '/')).join(', ');
  throw new BuildError('E_CACHE_MOUNT', `a step of a build has ${names}`, {
    hint: 'import it when that build has ended',
  });
}

function environmentOf(host: Host): BuildEnvironment {
  return {
    home: storeHome(host),
    events: () => {},
    signal: host.signal,
    variables: host.env,
    stdout: host.stdout,
  };
}
