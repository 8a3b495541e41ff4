// The syntax tree of a Dockerfile: types only. Every node carries its span in the source text.
// Texts are as written (quotes, escapes and variables are still in them), except that continuation
// lines are joined, and that the quotes and escapes of flags and JSON strings are resolved.

import type { SourceText, Span } from '../core/source.ts';

export type EscapeCharacter = '\\' | '`';

export interface DockerfileAst {
  readonly source: SourceText;
  readonly escape: EscapeCharacter;
  readonly directives: readonly Directive[];
  readonly instructions: readonly Instruction[];
  /** Blank lines inside a continued instruction: allowed, but a slip more often than not. */
  readonly emptyContinuations: readonly Span[];
}

/** `# syntax=...` and its like, at the very top. */
export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly span: Span;
}

/** A comment line above an instruction, without its `#` and the white space around it. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
}

export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** `--name` or `--name=value`. */
export interface Flag {
  readonly name: string;
  /** Undefined where there is no `=`. */
  readonly value: string | undefined;
  readonly span: Span;
  readonly nameSpan: Span;
  readonly valueSpan: Span;
}

export interface Heredoc {
  /** `<<-"EOF"` as written. */
  readonly marker: Word;
  /** The file descriptor before `<<`; 0 where none is written. */
  readonly fd: number;
  /** The word that ends the body, without its quotes. */
  readonly name: string;
  /** `<<-`: leading tabs of the body are not part of it (they still are in `body`). */
  readonly stripTabs: boolean;
  /** False where any part of the word is quoted. */
  readonly expand: boolean;
  readonly body: string;
  readonly bodySpan: Span;
}

/** A command as the shell is to read it, or as an argument vector. */
export type Command =
  | { readonly form: 'shell'; readonly text: Word }
  | { readonly form: 'exec'; readonly words: readonly Word[]; readonly span: Span };

/** A word of COPY and ADD; one that is a heredoc marker says which of the instruction's heredocs. */
export interface PathWord extends Word {
  readonly heredoc?: number;
}

export interface Pair {
  readonly key: Word;
  readonly value: Word;
  /** `legacy` is `KEY value`, without an equals sign. */
  readonly form: 'equals' | 'legacy';
  readonly span: Span;
}

export interface Declaration {
  readonly name: Word;
  /** Undefined where there is no `=`. */
  readonly value: Word | undefined;
  readonly span: Span;
}

interface Common {
  /** As written: `RUN`, `run`. */
  readonly keyword: Word;
  readonly flags: readonly Flag[];
  /** From the keyword to the end of the arguments; the bodies of heredocs are not in it. */
  readonly span: Span;
  /** The text of `span` with its lines joined. */
  readonly text: string;
  /** The comment lines above; an empty `#` line starts them anew. */
  readonly comments: readonly Comment[];
}

export interface FromInstruction extends Common {
  readonly kind: 'from';
  readonly image: Word;
  readonly as: { readonly keyword: Word; readonly name: Word } | undefined;
}

export interface RunInstruction extends Common {
  readonly kind: 'run';
  readonly command: Command;
  readonly heredocs: readonly Heredoc[];
}

export interface CommandInstruction extends Common {
  readonly kind: 'cmd' | 'entrypoint' | 'shell';
  readonly command: Command;
}

export interface PairsInstruction extends Common {
  readonly kind: 'env' | 'label';
  readonly pairs: readonly Pair[];
}

export interface ArgInstruction extends Common {
  readonly kind: 'arg';
  readonly declarations: readonly Declaration[];
}

export interface FilesInstruction extends Common {
  readonly kind: 'add' | 'copy';
  /** Sources and, last, the destination; not counted here. */
  readonly paths: readonly PathWord[];
  readonly heredocs: readonly Heredoc[];
}

export interface WordsInstruction extends Common {
  readonly kind: 'expose' | 'volume';
  readonly words: readonly Word[];
}

export interface TextInstruction extends Common {
  readonly kind: 'user' | 'workdir' | 'stopsignal';
  readonly argument: Word;
}

export interface MaintainerInstruction extends Common {
  readonly kind: 'maintainer';
  readonly argument: Word;
}

export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck';
  /** `CMD`, `NONE` or whatever stands there; undefined where nothing does. */
  readonly check: Word | undefined;
  readonly command: Command;
}

export interface OnbuildInstruction extends Common {
  readonly kind: 'onbuild';
  readonly trigger: Trigger;
}

/** What may stand after ONBUILD. */
export type Trigger =
  | RunInstruction
  | CommandInstruction
  | PairsInstruction
  | ArgInstruction
  | FilesInstruction
  | WordsInstruction
  | HealthcheckInstruction
  | TextInstruction;

export type Instruction = Trigger | FromInstruction | OnbuildInstruction | MaintainerInstruction;
