// `slipway doctor`: what the builder found out about this machine, and what to do about the rest.

import type { DoctorCheck } from '../../builder/doctor.ts';
import { BuildError } from '../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import { silentEnvironment } from '../environment.ts';
import { formatFlag } from '../flags/format.ts';
import { printable } from '../printable.ts';

export const doctor: CliCommand = {
  declare(command) {
    command.addOption(formatFlag()).addHelpText(
      'after',
      `
Exit status: 0 where builds work, 1 where something is missing.

Examples:
  slipway doctor
  slipway doctor --format json | jq 'select(.ok | not)'`,
    );
  },

  async run(command, host) {
    if (host.platform !== 'linux') {
      throw new BuildError('E_UNSUPPORTED', 'slipway builds on Linux only', {
        hint: 'the commands for images and registries work here',
      });
    }
    const { format } = command.opts<{ format: 'table' | 'json' }>();
    const { diagnose } = await import('../../builder/doctor.ts');
    const { checks } = await diagnose(silentEnvironment(host));
    const show = format === 'json' ? (check: DoctorCheck) => JSON.stringify(check) : describe;
    for (const check of checks) host.stdout.write(`${show(check)}\n`);
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};

function describe({ name, ok, chosen, detail, hint }: DoctorCheck): string {
  const found = chosen === undefined ? detail : `${chosen} (${detail})`;
  const line = `${ok ? 'ok     ' : 'missing'}  ${name}: ${found}`;
  return printable(hint === undefined ? line : `${line}\n         hint: ${hint}`);
}
