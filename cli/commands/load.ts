// `slipway load`: the images of an archive into the local store.

import { resolve } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import { familiarReference, parseReference } from '../../image/reference.ts';
import type { CliCommand } from '../command.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
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
    if (input === undefined && host.stdin.isTTY) {
      throw new BuildError('E_USAGE', 'standard input is a terminal, not an archive', {
        hint: 'slipway load -i PATH',
      });
    }
    const platform = readPlatform(command, host);
    const path = input === undefined ? '/dev/stdin' : resolve(host.cwd, input);
    const { openArchive } = await import('../../image/archive/read.ts');
    await withImages(host, async (images, store) => {
      const archive = await openArchive(path, store.lease.tmp);
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
