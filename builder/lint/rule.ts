// What a lint rule is, what it sees and what it says: types only. A rule is a pure function of its
// subject. Whether a remark is shown (directives, comments, what was asked for) is the engine's business.

import type { SourceText, Span } from '../../core/source.ts';
import type { DockerfileAst, Instruction } from '../../grammar/ast.ts';
import type { Lines } from '../describe/instruction-lines.ts';
import type { Stage } from '../plan/stages/stages.ts';
import type { GlobalScope } from './global-scope.ts';
import type { StageTrace } from './trace.ts';

export interface Rule {
  /** As `# check=skip=` takes it. */
  readonly name: string;
  /** One line, for lists of rules. */
  readonly description: string;
  /** The page of the rule where it is the reference's; slipway's own page of every rule is `docs/lint/NAME.md`. */
  readonly url: string | undefined;
  /** Silent until `# check=experimental=` asks for it; then no `skip` turns it off. */
  readonly experimental: boolean;
  /** Yields what is wrong, in any order. Must not throw, whatever the Dockerfile holds. */
  readonly check: (subject: Subject) => Iterable<Remark>;
}

/** A Dockerfile as rules see it. Each part holds as much as could be found out before the first error. */
export interface Subject {
  readonly ast: DockerfileAst;
  /** False where the tree has holes: lines that could not be read. */
  readonly isWhole: boolean;
  /** All stages but those whose FROM is wrong; wrong instructions are left out. */
  readonly stages: readonly Stage[];
  /** What FROM lines may use; undefined where something above them is wrong. */
  readonly scope: GlobalScope | undefined;
  /** What came of expanding the stages that are looked at, in the order of the file. */
  readonly traces: readonly StageTrace[];
  /** The ignore file of the main context. */
  readonly ignoreFile: SourceText | undefined;
}

/** What a rule has to say about one place. */
export interface Remark {
  /** The instruction that it is about: comments above it may turn the rule off there. */
  readonly at: Instruction;
  /** Comments above this instruction may do that too. */
  readonly or?: Instruction;
  readonly message: string;
  /** The part of the instruction to point at. */
  readonly span: Span;
  /** An offset in the line that the reference tells, where that is not the lines of `at`. */
  readonly told?: number;
  /** Edits that change nothing in the image. */
  readonly fix?: readonly Edit[];
}

/** Puts `text` in the place of `span`. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

export interface Finding {
  readonly rule: Rule;
  /** One printable line, whatever the Dockerfile holds. */
  readonly message: string;
  readonly span: Span;
  /** The lines that the reference tells: those of the whole instruction. */
  readonly lines: Lines;
  /** Empty where no edit is safe. Edits of one finding belong together. */
  readonly fix: readonly Edit[];
}
