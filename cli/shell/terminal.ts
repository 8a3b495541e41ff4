// The user's terminal, lent to a shell in a sandbox for as long as it lasts.

import { BuildError } from '../../core/errors.ts';
import type { Host } from '../host.ts';

export interface Terminal {
  /** Its kind, as TERM has it. */
  readonly kind: string | undefined;
  /** Does `work`, to which alone the terminal belongs meanwhile; gives it back as it was whatever happens. */
  lend(work: () => Promise<void>): Promise<void>;
}

/** What a program in the shell may have left on: attributes, a hidden cursor, reports of the mouse and of pastes. */
const RESET =
  '\u001b[!p\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?1004l\u001b[?2004l';

/** The terminal on standard input and output. Throws E_USAGE where there is none; `why` names what needs it. */
export function openTerminal({ stdin, stdout, env }: Host, why: string): Terminal {
  if (!stdin.isTTY || !stdout.isTTY || stdin.setRawMode === undefined) {
    const where = stdin.isTTY ? 'output' : 'input';
    throw new BuildError('E_USAGE', `${why} needs a terminal, and standard ${where} is none`, {
      hint: 'run it by hand in a terminal, with nothing redirected',
    });
  }
  return {
    kind: env['TERM'],
    async lend(work) {
      // The runner makes the terminal raw itself. This keeps the settings of before here too, to be given back
      // where the runner is killed.
      stdin.setRawMode?.(true);
      try {
        await work();
      } finally {
        stdin.setRawMode?.(false);
        stdout.write(RESET);
      }
    },
  };
}
