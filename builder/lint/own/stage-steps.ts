// The RUN steps of each stage with the programs that they start, for rules that look at shell commands.

import type { EscapeCharacter, RunInstruction } from '../../../grammar/ast.ts';
import type { TypedCommand, TypedRun } from '../../plan/instructions/typed.ts';
import type { Stage } from '../../plan/stages/stages.ts';
import type { Subject } from '../rule.ts';
import { isPosixShell, type Program, programsOf } from './run-commands.ts';

export interface Step {
  readonly typed: TypedRun;
  readonly node: RunInstruction;
  /** The words of SHELL; none where the image's own is in force. */
  readonly shell: readonly string[];
  /** None where the shell is not one that reads as sh does. */
  readonly programs: readonly Program[];
}

export interface StageSteps {
  readonly stage: Stage;
  readonly steps: readonly Step[];
}

/** Each rule that asks about commands asks about all: they are read once. */
const knownSteps = new WeakMap<Subject, readonly StageSteps[]>();

/** Returns each stage with its steps, both in the order of the file. */
export function stageSteps(subject: Subject): readonly StageSteps[] {
  const known = knownSteps.get(subject) ?? readSteps(subject);
  knownSteps.set(subject, known);
  return known;
}

function readSteps({ ast, stages }: Subject): StageSteps[] {
  const shells = new Map<string, readonly string[]>();
  return stages.map((stage) => {
    const { image, name } = stage.from;
    let shell = shells.get(image.text.toLowerCase()) ?? [];
    const steps = stage.commands.flatMap((typed) => {
      shell = shellOf(typed) ?? shell;
      return typed.kind === 'run' ? [stepOf(typed, shell, ast.escape)] : [];
    });
    if (name !== undefined) shells.set(name, shell);
    return { stage, steps };
  });
}

/** True where a mount of the step covers `path`, so that nothing under it is in the layer. */
export function isMounted({ typed }: Step, path: string): boolean {
  return typed.mounts.some(({ options }) => {
    const value = (...keys: string[]) =>
      options.findLast(({ key }) => keys.includes(key))?.value?.text;
    const type = value('type');
    const target = value('target', 'dst', 'destination')?.replace(/\/+$/, '');
    if (target === undefined || (type !== 'cache' && type !== 'tmpfs')) return false;
    return path === target || path.startsWith(`${target}/`);
  });
}

function shellOf(typed: TypedCommand): string[] | undefined {
  if (typed.kind !== 'setting' || typed.node.kind !== 'shell') return undefined;
  const { command } = typed.node;
  return command.form === 'exec' ? command.words.map(({ text }) => text) : undefined;
}

function stepOf(typed: TypedRun, shell: readonly string[], mark: EscapeCharacter): Step {
  const { node } = typed;
  // A backtick as the escape character is for Windows, whose own shell is another.
  const posix = shell[0] === undefined ? mark === '\\' : isPosixShell(shell[0]);
  const isRead = posix || node.command.form === 'exec';
  return { typed, node, shell, programs: isRead ? programsOf(node, mark) : [] };
}
