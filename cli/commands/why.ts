// `slipway why`: why the steps of a build were run or reused.

import type { StepRecord } from '../../builder/history/build-record.ts';
import type { ValueChange } from '../../builder/history/step-details.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import type { Host } from '../host.ts';
import { printableJson } from '../printable.ts';
import { storeHome } from '../store-home.ts';
import { withStore } from '../with-store.ts';

interface Flags {
  readonly build?: string;
  readonly builds?: true;
  readonly reads?: true;
  readonly format: 'table' | 'json';
}

export const why: CliCommand = {
  declare(command) {
    command
      .argument('[step]', 'words of a step, its line (:7), or digits of its key')
      .option('--build <id>', 'a build that is kept (default: the last one)')
      .option('--builds', 'list the builds that are kept')
      .option('--reads', 'list what the step read')
      .addOption(formatFlag())
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const flags = command.opts<Flags>();
    const [word] = command.args;
    if (flags.builds) await showBuilds(host, flags, word);
    else if (word !== undefined) await showStep(host, flags, word);
    else if (flags.reads) throw usage('--reads needs a step', 'slipway why STEP --reads');
    else await showBuild(host, flags);
    return 0;
  },
};

async function showBuilds(host: Host, flags: Flags, word: string | undefined): Promise<void> {
  if (word !== undefined || flags.build !== undefined || flags.reads) {
    throw usage('--builds takes nothing else', 'slipway why --builds');
  }
  const { listBuilds } = await import('../../builder/history/history-store.ts');
  const builds = [...listBuilds(storeHome(host))];
  if (flags.format === 'json') {
    for (const { steps, ...build } of builds) {
      host.stdout.write(`${printableJson({ ...build, steps: steps.length })}\n`);
    }
    return;
  }
  const { buildsText } = await import('../render/why-text.ts');
  host.stdout.write(buildsText(builds, Date.now()));
}

async function showBuild(host: Host, flags: Flags): Promise<void> {
  const { findBuild } = await import('../../builder/history/find-build.ts');
  const build = findBuild(storeHome(host), flags.build);
  if (flags.format === 'json') return void host.stdout.write(`${printableJson(build, 2)}\n`);
  const { buildText } = await import('../render/why-text.ts');
  const values = await valuesOf(host, build.steps);
  host.stdout.write(buildText(build, Date.now(), (step) => values.get(step) ?? []));
}

/** What the cache still knows of values that changed. A store that cannot be opened is no reason to tell nothing. */
async function valuesOf(
  host: Host,
  steps: readonly StepRecord[],
): Promise<ReadonlyMap<StepRecord, readonly ValueChange[]>> {
  const changed = steps.filter(({ cause }) => cause?.kind === 'parts');
  if (changed.length === 0) return new Map();
  const { changedValues } = await import('../../builder/history/step-details.ts');
  try {
    return await withStore(
      host,
      async (store) => new Map(changed.map((step) => [step, changedValues(store, step)])),
    );
  } catch (error) {
    if (isBuildError(error)) return new Map();
    throw error;
  }
}

async function showStep(host: Host, flags: Flags, word: string): Promise<void> {
  const { findBuild, findStep } = await import('../../builder/history/find-build.ts');
  const build = findBuild(storeHome(host), flags.build);
  const step = findStep(build, word);
  const { changedValues, readsOf } = await import('../../builder/history/step-details.ts');
  const { readsText, stepText } = await import('../render/why-text.ts');
  await withStore(host, async (store) => {
    const values = changedValues(store, step);
    const reads = flags.reads ? readsOf(store, step) : undefined;
    if (flags.format === 'json') {
      host.stdout.write(`${printableJson({ build: build.id, ...step, values, reads }, 2)}\n`);
    } else if (reads !== undefined) host.stdout.write(readsText(step, reads));
    else host.stdout.write(stepText(build, step, values, Date.now()));
  });
}

function usage(message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', message, { hint });
}

const HELP = `
Each step: + it ran, = its result was reused, ! it failed; and why: which file, variable or mount is
another than for the record that it was compared to, and which COPY or RUN brought it. "traced" is a
result that was made when other files were there, none of which the step has read.

The last 100 builds are kept.

Examples:
  slipway why
  slipway why "npm ci"
  slipway why :12 --reads
  slipway why --builds
  slipway why --build 20261127-114610 --format json | jq '.steps[] | select(.status == "ran")'`;
