// `slipway pull`: an image from a registry into the local store.

import { formatReference, parseReference } from '../../image/reference.ts';
import type { CliCommand } from '../command.ts';
import { silentEnvironment } from '../environment.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { withImages } from '../with-store.ts';

export const pull: CliCommand = {
  declare(command) {
    command.argument('<image>', 'a name: [registry/]path[:tag][@digest]');
    declarePlatform(command);
    command.addHelpText(
      'after',
      `
Credentials are those of "docker login": ~/.docker/config.json, or that of $DOCKER_CONFIG.

Examples:
  slipway pull debian:bookworm
  slipway pull --platform linux/arm64 debian:bookworm`,
    );
  },

  async run(command, host) {
    const [name = ''] = command.args;
    const reference = parseReference(name);
    const platform = readPlatform(command, host);
    const { registriesOf } = await import('../../builder/registry.ts');
    const complete = formatReference(reference);
    const digest = await withImages(host, async (images) => {
      const image = await registriesOf(silentEnvironment(host)).resolve(complete, platform);
      await images.write(image, reference.tag === undefined ? [] : [tagged(complete)]);
      return image.manifest.digest;
    });
    host.stdout.write(`${digest}\n`);
    return 0;
  },
};

/** A name in the store has no digest: it may be moved to another image. */
function tagged(name: string): string {
  return formatReference({ ...parseReference(name), digest: undefined });
}
