// `slipway save`: an image of the local store as an archive that other tools load.

import { resolve } from 'node:path';
import { Option } from 'commander';
import { BuildError } from '../../core/errors.ts';
import { type WriteAll, writeOutputFile, writeOutputStream } from '../../core/output-file.ts';
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
      const write: WriteAll =
        output === undefined
          ? (chunks) => writeOutputStream(host.stdout, 'standard output', chunks)
          : (chunks) => writeOutputFile(resolve(host.cwd, output), output, chunks);
      await archiveSink(format, write, output === undefined ? 'own' : 'lent').write(image, names);
    });
    return 0;
  },
};

function isDigest(name: string): boolean {
  return name.includes('sha256:');
}
