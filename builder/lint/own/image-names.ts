// The images that a Dockerfile names: bases, and what COPY and mounts take files from. Names of stages
// and of named build contexts are not among them.

import type { Span } from '../../../core/source.ts';
import type { Instruction, Word } from '../../../grammar/ast.ts';
import { parseReference } from '../../../image/reference.ts';
import { fromsOf } from '../../plan/stages/reach.ts';
import type { Subject } from '../rule.ts';
import { unlessBuildError } from '../unless-build-error.ts';

export interface NamedImage {
  readonly at: Instruction;
  readonly span: Span;
  /** As written, with its variables expanded. */
  readonly name: string;
  /** Undefined where none is written. */
  readonly tag: string | undefined;
  readonly pinned: boolean;
  /** True where a variable is part of it: who builds may say another. */
  readonly isChosen: boolean;
}

/** Yields the images of the stages that are looked at. One whose name depends on a value that nobody gave is left out. */
export function* imagesOf({ traces }: Subject): Generator<NamedImage> {
  for (const { stage, base, commands } of traces) {
    if (base.origin.kind === 'image' && !base.replacesStage) {
      const { node, image } = stage.from;
      yield* read(node, image, base.origin.need.reference);
    }
    for (const { typed, triggered } of commands) {
      if (triggered) continue;
      for (const [from] of fromsOf(typed)) {
        // A plain word may be a stage or a context; neither has a slash, a tag or a digest in its name.
        if (/[/:@]/.test(from.text)) yield* read(typed.node, from, from.text);
      }
    }
  }
}

function* read(at: Instruction, word: Word, name: string): Generator<NamedImage> {
  const reference = unlessBuildError(() => parseReference(name));
  if (reference === undefined) return;
  const [withoutDigest = ''] = name.split('@');
  const tagged = withoutDigest.lastIndexOf(':') > withoutDigest.lastIndexOf('/');
  yield {
    at,
    span: word.span,
    name,
    tag: tagged ? reference.tag : undefined,
    pinned: reference.digest !== undefined,
    isChosen: word.text.includes('$'),
  };
}
