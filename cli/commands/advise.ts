// `slipway advise`: what would have made past builds of a Dockerfile cheaper.

import type { Advice } from '../../builder/advice/advice.ts';
import type { Advised } from '../../builder/advice/advise.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printable, printableJson } from '../printable.ts';
import { formatDuration } from '../render/duration.ts';
import { logLine } from '../render/log-line.ts';
import { counted, formatSize } from '../render/quantities.ts';
import { withStore } from '../with-store.ts';

export const advise: CliCommand = {
  declare(command) {
    command
      .option('--build <id>', 'the Dockerfile of a build that is kept (default: of the last one)')
      .addOption(formatFlag())
      .addHelpText(
        'after',
        `
From what past builds did and what their steps read: a RUN that could stand above a COPY, a COPY
that could take less, files of the context that change and that nobody reads, caches of package
managers in layers. Only what the history proves is told, with the time that it would have saved.

Examples:
  slipway advise
  slipway advise --format json | jq .what`,
      );
  },

  async run(command, host) {
    const { build, format } = command.opts<{ build?: string; format: 'table' | 'json' }>();
    const { advise: adviseOn } = await import('../../builder/advice/advise.ts');
    const advised = await withStore(host, async (store) => adviseOn(store, build));
    if (format === 'json') {
      for (const each of advised.advice) host.stdout.write(`${printableJson(each)}\n`);
    } else host.stdout.write(toText(advised));
    return 0;
  },
};

function toText({ build, builds, advice }: Advised): string {
  const of = `${build.dockerfile}${build.target === '' ? '' : `, target ${build.target}`}`;
  const lines =
    advice.length === 0
      ? [`nothing to advise on ${of}: ${counted(builds, 'build')} looked at`]
      : [`${counted(advice.length, 'piece')} of advice on ${of}, from ${counted(builds, 'build')}`];
  for (const each of advice) lines.push('', ...adviceLines(each));
  return lines.map((line) => `${logLine(printable(line))}\n`).join('');
}

function adviceLines({ place, what, why, times, savedMs, savedBytes }: Advice): string[] {
  const saved = [
    ...(savedMs === 0 ? [] : [`${formatDuration(savedMs)} in ${counted(times, 'run')}`]),
    ...(savedBytes === 0 ? [] : [`${formatSize(savedBytes)} of the layer`]),
  ];
  return [
    `${place === undefined ? '' : `${place}: `}${what}`,
    `    ${why}`,
    `    saves ${saved.join(', ')}`,
  ];
}
