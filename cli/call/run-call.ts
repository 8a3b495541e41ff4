// `slipway build --call`: answers a question about a Dockerfile and builds nothing. No step is run and no
// registry asked, so it works on every system.

import { Problems } from '../../core/problems.ts';
import { hostPlatform } from '../../image/platform.ts';
import type { BuildFlags } from '../flags/build-flags.ts';
import type { Host } from '../host.ts';
import { type BuildInput, readInput } from '../input/read-input.ts';
import { printableJson } from '../printable.ts';
import { checkJson, checkText } from './check-report.ts';
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
    case 'check':
      return check(flags, input, host);
    case 'subrequests.describe':
      return say(methodsText, methodsJson);
    case 'build':
      throw new Error('a build is no question');
  }
}

async function check(flags: BuildFlags, input: BuildInput, host: Host): Promise<number> {
  const { format, ignoreStatus } = flags.call;
  const { dockerfile, context } = input;
  const { findingsError } = await import('../../builder/lint/build-findings.ts');
  const { lint } = await import('../../builder/lint/lint.ts');
  const ignoreFile = context.kind === 'directory' ? context.ignoreFile : undefined;
  const buildPlatform = hostPlatform(host.arch);
  const { knownImages } = await import('../known-images.ts');
  const options = { ...flags, buildPlatform, ignoreFile };
  const images = await knownImages(dockerfile, options, host);
  const found = lint(dockerfile, { ...options, images });
  const failure = found.findingsAreErrors ? findingsError(found.findings) : undefined;
  const result = { ...found, errors: [...found.errors, ...(failure ? [failure] : [])] };
  host.stdout.write(
    format === 'json'
      ? `${printableJson(checkJson(result, dockerfile), 2)}\n`
      : checkText(result, dockerfile),
  );
  const problems = new Problems();
  for (const error of result.errors) problems.add(error);
  problems.throwIfAny();
  return result.findings.length > 0 && !ignoreStatus ? 1 : 0;
}
