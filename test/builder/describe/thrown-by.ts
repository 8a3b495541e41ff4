// What a call throws, in the three parts that a test asserts.

import { isBuildError } from '../../../core/errors.ts';

/** Returns code, message and the text at the span. */
export function thrownBy(call: () => unknown): [string, string, string] | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!isBuildError(error)) throw error;
    const { code, message, span } = error;
    return [code, message, span?.source.text.slice(span.start, span.end) ?? ''];
  }
}
