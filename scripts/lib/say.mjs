// What the scripts print: lines on standard output, errors on standard error with exit code 1.

import process from 'node:process';

/** Prints one line. */
export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/** A reason to stop that a person can act on; `hint` says what to do about it. */
export class Stop extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Runs a script's main function and reports a `Stop` as message and hint, without a stack. */
export async function main(run) {
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    process.stderr.write(`error: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    process.exitCode = 1;
  }
}
