// Instructions that say what a container runs: CMD, ENTRYPOINT, SHELL, HEALTHCHECK, and ONBUILD, which
// says what a build on the image runs. They change the config only.

import type { Command, CommandInstruction } from '../../../grammar/ast.ts';
import type { Healthcheck } from '../../../image/model.ts';
import { formatDuration } from '../instructions/durations.ts';
import type { TypedHealthcheck, TypedOnbuild } from '../instructions/typed.ts';
import { quote } from './history.ts';
import { type StageState, setConfig } from './stage-state.ts';

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** Applies CMD, ENTRYPOINT or SHELL. An ENTRYPOINT takes away a CMD that the base brought, not one of this stage. */
export function applyCommand(state: StageState, { kind, command }: CommandInstruction): void {
  const words = commandLine(state, command);
  const quoted = `[${words.map(quote).join(' ')}]`;
  if (kind === 'cmd') {
    state.commandSet = true;
    setConfig(state, { Cmd: words, ArgsEscaped: true }, `CMD ${quoted}`);
  } else if (kind === 'entrypoint') {
    const inherited = state.commandSet ? {} : { Cmd: null };
    setConfig(state, { Entrypoint: words, ...inherited }, `ENTRYPOINT ${quoted}`);
  } else setConfig(state, { Shell: words }, `SHELL [${words.join(' ')}]`);
}

export function applyHealthcheck(state: StageState, { check }: TypedHealthcheck): void {
  setConfig(state, { Healthcheck: withoutZeros(check) }, `HEALTHCHECK ${describe(check)}`);
}

/** A time or count of 0 stands for the default, and so does none. */
function withoutZeros(check: Healthcheck): Healthcheck {
  return Object.fromEntries(Object.entries(check).filter(([, value]) => value !== 0));
}

/** Triggers are kept for those who build on the image; they leave no history. */
export function applyOnbuild(state: StageState, { text }: TypedOnbuild): void {
  state.onbuild.push(text);
}

/** The argument vector of a command: a shell form is one argument of the shell. */
export function commandLine(state: StageState, command: Command): string[] {
  if (command.form === 'exec') return command.words.map((word) => word.text);
  return inShell(state, command.text.text);
}

/** The argument vector that has the stage's shell read `text`. */
export function inShell(state: StageState, text: string): string[] {
  return [...(state.config.Shell?.length ? state.config.Shell : DEFAULT_SHELL), text];
}

function describe(check: Healthcheck): string {
  const fields = [
    `Test:[${(check.Test ?? []).join(' ')}]`,
    `Interval:${formatDuration(check.Interval ?? 0)}`,
    `Timeout:${formatDuration(check.Timeout ?? 0)}`,
    `StartPeriod:${formatDuration(check.StartPeriod ?? 0)}`,
    `StartInterval:${formatDuration(check.StartInterval ?? 0)}`,
    `Retries:${check.Retries ?? 0}`,
  ];
  return `{${fields.join(' ')}}`;
}
