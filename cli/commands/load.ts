// `slipway load`: the images of an archive into the local store.

import { familiarReference, parseReference } from '../../image/reference.ts';
import type { CliCommand } from '../command.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { archiveInput } from '../input/archive-input.ts';
import { withImages } from '../with-store.ts';

export const load: CliCommand = {
  declare(command) {
    command.option('-i, --input <path>', 'the archive to read (default: standard input)');
    declarePlatform(command);
    command.addHelpText(
      'after',
      `
The archive is an OCI layout as a tar, or what docker save writes; it may be gzipped.

Examples:
  slipway load -i debian.tar
  docker save debian:bookworm | slipway load`,
    );
  },

  async run(command, host) {
    const { input } = command.opts<{ input?: string }>();
    const source = await archiveInput(host, input, 'slipway load -i PATH');
    const platform = readPlatform(command, host);
    const { openArchive } = await import('../../image/archive/read.ts');
    await withImages(host, async (images, store) => {
      const archive = await openArchive(source, store.lease.tmp);
      try {
        for (const { select, names } of archive.images) {
          const image = await archive.resolve(select, platform);
          await images.write(image, names);
          const shown = names.map((name) => familiarReference(parseReference(name)));
          host.stdout.write(`loaded ${shown.join(', ') || image.manifest.digest}\n`);
        }
      } finally {
        await archive.close();
      }
    });
    return 0;
  },
};
