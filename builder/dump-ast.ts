// The syntax tree of a Dockerfile as text, for `slipway debug ast`. Parses and nothing else: runs
// no check of flags or stages, expands nothing, and reads no file.

import type { SourceText } from '../core/source.ts';
import { dump } from '../grammar/dump.ts';
import { parse } from '../grammar/parse.ts';

/** Returns an S-expression for each instruction, a line each, without a last line end. Throws as `parse`. */
export function dumpAst(source: SourceText): string {
  return dump(parse(source));
}
