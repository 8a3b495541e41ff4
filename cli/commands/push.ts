// `slipway push`: an image of the local store to the registry that its name says.

import type { CliCommand } from '../command.ts';
import { silentEnvironment } from '../environment.ts';
import { parseImageName } from '../flags/image-name.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { withImages } from '../with-store.ts';

export const push: CliCommand = {
  declare(command) {
    command.argument('<image>', 'a name of an image in the local store: registry/path[:tag]');
    declarePlatform(command);
    command.addHelpText(
      'after',
      `
Credentials are those of "docker login": ~/.docker/config.json, or that of $DOCKER_CONFIG.

Examples:
  slipway tag app registry.example.com/team/app:1.2
  slipway push registry.example.com/team/app:1.2`,
    );
  },

  async run(command, host) {
    const [text = ''] = command.args;
    const name = parseImageName(text, 'push');
    const platform = readPlatform(command, host);
    const { registriesOf } = await import('../../builder/registry.ts');
    const digest = await withImages(host, async (images) => {
      const image = await images.resolve(name, platform);
      await registriesOf(silentEnvironment(host)).write(image, [name]);
      return image.manifest.digest;
    });
    host.stdout.write(`${digest}\n`);
    return 0;
  },
};
