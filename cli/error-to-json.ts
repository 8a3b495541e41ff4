// Errors and places as programs read them: in the JSON log and in the metadata file.

import { isBuildError } from '../core/errors.ts';
import { positionAt, type Span } from '../core/source.ts';

/**
 * Returns code, message, hint, place and the RUN command's exit code, as far as `error` has them, and
 * under `others` the same of each further error.
 */
export function errorToJson(error: unknown): object {
  if (!isBuildError(error)) return { message: String(error) };
  const { code, message, hint, exitCode, span, others } = error;
  return {
    code,
    message,
    hint,
    exitCode,
    ...(span && placeToJson(span)),
    ...(others.length > 0 && { others: others.map(errorToJson) }),
  };
}

/** Returns where a span starts. */
export function placeToJson(span: Span): object {
  return { file: span.source.name, ...positionAt(span.source, span.start) };
}
