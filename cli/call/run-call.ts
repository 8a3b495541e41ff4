// `slipway build --call`: answers a question about a Dockerfile and builds nothing. No store is
// opened, no image looked up, no step run, so it works on every system.

import { hostPlatform } from '../../image/platform.ts';
import type { BuildFlags } from '../flags/build-flags.ts';
import type { Host } from '../host.ts';
import { type BuildInput, readInput } from '../input/read-input.ts';
import { printableJson } from '../printable.ts';
import { methodsJson, methodsText } from './methods-report.ts';
import { outlineJson, outlineText } from './outline-report.ts';
import { targetsJson, targetsText } from './targets-report.ts';

/** Does what `flags.call` says. Returns the exit status. Throws the errors of input and Dockerfile. */
export async function runCall(flags: BuildFlags, host: Host): Promise<number> {
  const input = await readInput(flags.file, flags.context, host);
  try {
    return await answer(flags, input, host);
  } finally {
    await input.dispose();
  }
}

async function answer(flags: BuildFlags, input: BuildInput, host: Host): Promise<number> {
  const { method, format } = flags.call;
  const { dockerfile } = input;
  const say = (text: () => string, json: () => object): number => {
    host.stdout.write(format === 'json' ? `${printableJson(json(), 2)}\n` : text());
    return 0;
  };
  switch (method) {
    case 'outline': {
      const { outline } = await import('../../builder/describe/outline.ts');
      const options = { ...flags, buildPlatform: hostPlatform(host.arch) };
      const found = outline(dockerfile, options);
      return say(
        () => outlineText(found),
        () => outlineJson(found, dockerfile),
      );
    }
    case 'targets': {
      const { listTargets } = await import('../../builder/describe/targets.ts');
      const targets = listTargets(dockerfile);
      return say(
        () => targetsText(targets),
        () => targetsJson(targets, dockerfile),
      );
    }
    case 'subrequests.describe':
      return say(methodsText, methodsJson);
    default:
      throw new Error(`no answer to --call=${method}`);
  }
}
