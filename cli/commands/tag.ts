// `slipway tag`: another name for an image.

import type { CliCommand } from '../command.ts';
import { parseImageName } from '../flags/image-name.ts';
import { withImages } from '../with-store.ts';

export const tag: CliCommand = {
  declare(command) {
    command
      .argument('<image>', 'a name or digest of an image in the local store')
      .argument('<name>', 'its new name; an image that has it loses it')
      .addHelpText(
        'after',
        `
Examples:
  slipway tag app registry.example.com/team/app:1.2
  slipway tag sha256:... app`,
      );
  },

  async run(command, host) {
    const [image = '', name = ''] = command.args;
    const target = parseImageName(name, 'tag');
    await withImages(host, (store) => store.tag(image, target));
    return 0;
  },
};
