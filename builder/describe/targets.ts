// `--call=targets`: the stages of a Dockerfile, as `--target` takes them. Reads the Dockerfile and
// nothing else: no argument is expanded, no image looked up.

import type { SourceText } from '../../core/source.ts';
import { parse } from '../../grammar/parse.ts';
import { readStages } from '../plan/stages/stages.ts';
import { docComment } from './doc-comment.ts';
import { instructionLines, type Lines } from './instruction-lines.ts';

export interface Target {
  /** In lower case; '' where the stage has no name. */
  readonly name: string;
  /** True for the last stage: it is what a build without `--target` makes. */
  readonly isDefault: boolean;
  readonly description: string;
  /** As written, not expanded. */
  readonly base: string;
  /** As written; '' where none is. */
  readonly platform: string;
  readonly lines: Lines;
}

/** Returns the stages in the order of the file. Throws the errors of the Dockerfile's text, flags and arguments. */
export function listTargets(source: SourceText): Target[] {
  const { stages } = readStages(parse(source));
  return stages.map(({ index, from }) => ({
    name: from.name ?? '',
    isDefault: index === stages.length - 1,
    description: docComment(from.node.comments, from.name ?? ''),
    base: from.image.text,
    platform: from.platform?.text ?? '',
    lines: instructionLines(from.node),
  }));
}
