// What a function throws, as the user would read it.

import { reportError } from '../../cli/error-report.ts';

export function thrown(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return reportError(error).text;
  }
  throw new Error('nothing was thrown');
}

export async function rejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => reportError(error).text,
  );
}
