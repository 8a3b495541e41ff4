// Instructions after their flags and arguments were checked: what planning works with. Types only.
// Texts are still unexpanded.

import type {
  ArgInstruction,
  CommandInstruction,
  FilesInstruction,
  FromInstruction,
  HealthcheckInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  PairsInstruction,
  PathWord,
  RunInstruction,
  TextInstruction,
  Word,
  WordsInstruction,
} from '../../../grammar/ast.ts';
import type { Healthcheck } from '../../../image/model.ts';
import type { RawMount } from './mount-options.ts';
import type { StepCache } from './step-comment.ts';

export interface TypedFrom {
  readonly kind: 'from';
  readonly node: FromInstruction;
  readonly image: Word;
  /** In lower case. */
  readonly name: string | undefined;
  readonly platform: Word | undefined;
}

export interface TypedRun {
  readonly kind: 'run';
  readonly node: RunInstruction;
  readonly mounts: readonly RawMount[];
  readonly network: 'default' | 'none' | 'host' | undefined;
  /** `sandbox` or `insecure`. */
  readonly security: Word | undefined;
  /** What the comment above it says. */
  readonly cache: StepCache | undefined;
}

export interface TypedFiles {
  readonly kind: 'files';
  readonly node: FilesInstruction;
  readonly sources: readonly PathWord[];
  readonly destination: Word;
  readonly from: Word | undefined;
  readonly chown: Word | undefined;
  readonly chmod: Word | undefined;
  readonly checksum: Word | undefined;
  readonly exclude: readonly Word[];
  readonly link: boolean;
  readonly parents: boolean;
  readonly unpack: boolean | undefined;
  readonly keepGitDir: boolean | undefined;
}

export interface TypedHealthcheck {
  readonly kind: 'healthcheck';
  readonly node: HealthcheckInstruction;
  readonly check: Healthcheck;
}

export interface TypedOnbuild {
  readonly kind: 'onbuild';
  readonly node: OnbuildInstruction;
  readonly trigger: TypedCommand;
  /** As an image config keeps it: parseable by itself. */
  readonly text: string;
}

export interface TypedArg {
  readonly kind: 'arg';
  readonly node: ArgInstruction;
}

/** Instructions whose syntax tree says it all. */
export interface TypedSetting {
  readonly kind: 'setting';
  readonly node:
    | PairsInstruction
    | CommandInstruction
    | WordsInstruction
    | TextInstruction
    | MaintainerInstruction;
}

/** What a stage consists of. */
export type TypedCommand =
  | TypedRun
  | TypedFiles
  | TypedHealthcheck
  | TypedOnbuild
  | TypedArg
  | TypedSetting;
