// `slipway lint`: what could be better in a Dockerfile, and the fixes that are safe. Asks no registry.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readBeneath } from '../../builder/context/read-beneath.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { Problems } from '../../core/problems.ts';
import type { SourceText } from '../../core/source.ts';
import { hostPlatform } from '../../image/platform.ts';
import type { CliCommand } from '../command.ts';
import { declareLintFlags, type LintFlags, readLintFlags } from '../flags/lint-flags.ts';
import type { Host } from '../host.ts';
import { readInput } from '../input/read-input.ts';
import { readDockerfile } from '../input/read-stdin.ts';
import { printableJson } from '../printable.ts';
import { lintJson, lintText } from '../render/lint-report.ts';
import { rewriteDockerfile } from '../rewrite-dockerfile.ts';

export const lint: CliCommand = {
  declare(command) {
    declareLintFlags(command);
    command.addHelpText('after', HELP);
  },

  async run(command, host) {
    const flags = readLintFlags(command, host);
    if (flags.fix && (flags.path === '-' || flags.file === '-')) {
      throw new BuildError('E_USAGE', 'a Dockerfile on standard input cannot be fixed', {
        hint: 'give it as a file, or leave out --fix',
      });
    }
    const { dockerfile, ignoreFile } = await readSource(flags, host);
    const { fixAll } = await import('../../builder/lint/fix-all.ts');
    const { lint } = await import('../../builder/lint/lint.ts');
    const { knownImages } = await import('../known-images.ts');
    const given = { ...flags, ignoreFile, buildPlatform: hostPlatform(host.arch) };
    const options = { ...given, images: await knownImages(dockerfile, given, host) };
    const { source, applied, result } = flags.fix
      ? fixAll(dockerfile, options)
      : { source: dockerfile, applied: [], result: lint(dockerfile, options) };
    if (applied.length > 0) await rewriteDockerfile(resolve(host.cwd, source.name), source.text);
    host.stdout.write(
      flags.format === 'json'
        ? `${printableJson(lintJson(source, applied, result), 2)}\n`
        : lintText(source, applied, result),
    );
    const problems = new Problems();
    for (const error of result.errors) problems.add(error);
    problems.throwIfAny();
    return result.findings.length > 0 ? 1 : 0;
  },
};

interface Source {
  readonly dockerfile: SourceText;
  readonly ignoreFile: SourceText | undefined;
}

async function readSource({ path, file }: LintFlags, host: Host): Promise<Source> {
  if (path === '-') return { dockerfile: await readDockerfile(host.stdin), ignoreFile: undefined };
  if (file !== undefined || (await isFolder(resolve(host.cwd, path)))) {
    const { dockerfile, context } = await readInput(file, path, host);
    return {
      dockerfile,
      ignoreFile: context.kind === 'directory' ? context.ignoreFile : undefined,
    };
  }
  const dockerfile = readBeneath('/', resolve(host.cwd, path), path);
  if (dockerfile !== undefined) return { dockerfile, ignoreFile: undefined };
  throw new BuildError('E_DOCKERFILE_NOT_FOUND', `there is no ${path}`, {
    hint: 'give a Dockerfile, a folder with one, or - for standard input',
  });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

const HELP = `
Every rule has a page, docs/lint/RULE.md. In the Dockerfile, # check=skip=RULE turns one off: for
all of it in the first lines, for one instruction right above it. slipway build --check tells
the same, in the form of docker build --check.

Exit status: 0 nothing was found; 1 something was, or there are errors; 2 wrong usage.

Examples:
  slipway lint
  slipway lint --fix docker/Dockerfile
  slipway lint --experimental UnpinnedDigest --skip LatestTag .
  slipway lint --format json - < Dockerfile
`;
