// `slipway inspect`: an image's config and manifest, as they are stored, in one JSON object.

import { formatPlatform } from '../../image/model.ts';
import type { CliCommand } from '../command.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { printableJson } from '../printable.ts';
import { withImages } from '../with-store.ts';

export const inspect: CliCommand = {
  declare(command) {
    command.argument('<image>', 'a name or digest of an image in the local store');
    declarePlatform(command);
    command.addHelpText(
      'after',
      `
Examples:
  slipway inspect app
  slipway inspect app | jq .config.config.Env`,
    );
  },

  async run(command, host) {
    const [name = ''] = command.args;
    const platform = readPlatform(command, host);
    const image = await withImages(host, (store) => store.resolve(name, platform));
    const shown = {
      name: image.name,
      digest: image.manifest.digest,
      mediaType: image.manifest.mediaType,
      platform: formatPlatform(image.config),
      manifest: JSON.parse(image.manifestBytes.toString()) as unknown,
      config: image.config,
    };
    host.stdout.write(`${printableJson(shown, 2)}\n`);
    return 0;
  },
};
