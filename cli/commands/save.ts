// `slipway save`: an image of the local store as an archive that other tools load.

import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { Option } from 'commander';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { formatReference, parseReference } from '../../image/reference.ts';
import type { CliCommand } from '../command.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { withImages } from '../with-store.ts';

export const save: CliCommand = {
  declare(command) {
    command
      .argument('<image>', 'a name or digest of an image in the local store')
      .option('-o, --output <path>', 'the archive to write (default: standard output)')
      .addOption(
        new Option('--format <form>', 'docker adds to oci what docker load reads')
          .choices(['docker', 'oci'])
          .default('docker'),
      );
    declarePlatform(command);
    command.addHelpText(
      'after',
      `
Examples:
  slipway save -o app.tar app
  slipway save app | docker load
  slipway save --format oci -o app.tar app && skopeo inspect oci-archive:app.tar`,
    );
  },

  async run(command, host) {
    const { output, format } = command.opts<{ output?: string; format: 'docker' | 'oci' }>();
    const [name = ''] = command.args;
    if (output === undefined && host.stdout.isTTY) {
      throw new BuildError('E_USAGE', 'an archive is not written to a terminal', {
        hint: 'give -o PATH, or send standard output to a file or a pipe',
      });
    }
    const { archiveSink } = await import('../../image/archive/write.ts');
    await withImages(host, async (images) => {
      const image = await images.resolve(name, readPlatform(command, host));
      const names = isDigest(name) ? [] : [formatReference(parseReference(name))];
      if (output === undefined) return archiveSink(format, host.stdout).write(image, names);
      await toFile(resolve(host.cwd, output), output, async (file) => {
        await archiveSink(format, writableOf(file)).write(image, names);
      });
    });
    return 0;
  },
};

async function toFile(
  path: string,
  shown: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await writeFileAtomic(path, write);
  } catch (error) {
    if (isBuildError(error)) throw error;
    throw new BuildError('E_OUTPUT', `${shown} cannot be written`, { cause: error });
  }
}

/** The stream leaves the file open: it is synced before it gets its name. */
function writableOf(file: FileHandle): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      file.writeFile(chunk).then(() => done(), done);
    },
  });
}

function isDigest(name: string): boolean {
  return name.includes('sha256:');
}
