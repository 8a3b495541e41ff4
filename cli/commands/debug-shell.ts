// `slipway debug shell`: a shell in an image, or in what a step of a build came to.

import type { CliCommand } from '../command.ts';
import { declareIsolation, readIsolation } from '../flags/isolation-flag.ts';
import { declarePlatform, readPlatform } from '../flags/platform-flag.ts';
import { logLine } from '../render/log-line.ts';
import { openTerminal } from '../shell/terminal.ts';
import { storeHome } from '../store-home.ts';
import { withStore } from '../with-store.ts';

export const debugShell: CliCommand = {
  declare(command) {
    command.argument('<image|step>', 'an image in the local store, or a step: its key or its name');
    declarePlatform(command);
    declareIsolation(command, 'the shell is');
    command.addHelpText(
      'after',
      `
The shell is the image's own, or a small one of slipway's where it has none. Nothing done in it is
kept. Of a build, what was run last is meant; the mounts of a RUN step are not there any more.
Exit status: that of the shell.

Examples:
  slipway debug shell app
  slipway debug shell "RUN npm ci"
  slipway debug shell 3f9a0c12`,
    );
  },

  async run(command, host) {
    const [name = ''] = command.args;
    const platform = readPlatform(command, host);
    const isolation = readIsolation(command);
    const terminal = openTerminal(host, 'slipway debug shell');
    const { withDebugTarget } = await import('../../builder/debug/debug-shell.ts');
    const environment = {
      home: storeHome(host),
      events: () => {},
      signal: host.signal,
      variables: host.env,
      stdout: host.stdout,
    };
    return withStore(host, (store) =>
      withDebugTarget(
        store,
        { name, platform, isolation },
        environment,
        async ({ title, open }) => {
          host.stderr.write(`${logLine(title)}; nothing done here is kept\n`);
          let status = 0;
          await terminal.lend(async () => {
            status = await open(terminal.kind);
          });
          return status;
        },
      ),
    );
  },
};
