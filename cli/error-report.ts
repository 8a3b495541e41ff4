// Errors as a person reads them: what is wrong, where, and what to do about it. Messages and
// Dockerfile lines may be hostile text, so all of it passes through cli/printable.ts.

import { ERROR_CODES } from '../core/error-codes.ts';
import { type BuildError, errnoOf, isBuildError } from '../core/errors.ts';
import { redactCredentials } from '../core/safe-text.ts';
import { namedError } from './named-error.ts';
import { printable } from './printable.ts';
import { excerpt, numberWidth } from './render/excerpt.ts';

/** The exit status for a defect of slipway itself: EX_SOFTWARE of sysexits.h. */
const EXIT_DEFECT = 70;

export interface ErrorReport {
  /** Lines for standard error, each ended by a line feed. */
  readonly text: string;
  /** The exit status of the command that ends by the error. */
  readonly exit: number;
}

/** Says what an error, caught at the top, means for the user. Anything but a BuildError is reported as a defect. */
export function reportError(caught: unknown): ErrorReport {
  const error = namedError(caught);
  if (isBuildError(error)) {
    return { text: safe(allErrorsText(error)), exit: ERROR_CODES[error.code].exit };
  }
  return { text: safe(defectText(error)), exit: EXIT_DEFECT };
}

/** More than this is read by nobody at once. */
const MOST_SHOWN = 20;

/** The error and those that came with it, a blank line between them. */
function allErrorsText(error: BuildError): string {
  const errors = [error, ...error.others];
  const texts = errors.slice(0, MOST_SHOWN).map(buildErrorText);
  const hidden = errors.length - texts.length;
  if (hidden > 0) texts.push(`and ${hidden} more ${hidden === 1 ? 'error' : 'errors'}\n`);
  return texts.join('\n');
}

function buildErrorText(error: BuildError): string {
  const lines = [`error[${error.code}]: ${indented(error.message)}`];
  if (error.span !== undefined) lines.push(...excerpt(error.span));
  const margin = error.span === undefined ? ' ' : ' '.repeat(numberWidth(error.span) + 1);
  const cause = causeOf(error);
  if (cause !== undefined) lines.push(`${margin}= cause: ${indented(cause)}`);
  if (error.hint !== undefined) lines.push(`${margin}= hint: ${indented(error.hint)}`);
  return `${lines.join('\n')}\n`;
}

/** Text with line feeds in it cannot look like lines of the report. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n      ');
}

/** The cause's own words, where the message does not hold them yet. */
function causeOf(error: BuildError): string | undefined {
  if (!(error.cause instanceof Error) || error.cause.message === '') return undefined;
  if (error.code === 'E_CANCELLED') return undefined;
  return error.message.includes(error.cause.message) ? undefined : error.cause.message;
}

function defectText(error: unknown): string {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const errno = errnoOf(error);
  return [
    'error: this is a defect in slipway, not in your build. Please report it with these lines:',
    ...detail.split('\n').map((line) => `  ${line}`),
    ...(errno === undefined ? [] : [`  (${errno})`]),
    '',
  ].join('\n');
}

function safe(text: string): string {
  return redactCredentials(printable(text));
}
