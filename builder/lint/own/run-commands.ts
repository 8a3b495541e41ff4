// The commands of a RUN, whatever its form: shell, JSON, heredoc. What is not for a POSIX shell (a script of
// another language, a Windows shell) has none.

import type { EscapeCharacter, RunInstruction } from '../../../grammar/ast.ts';
import { readShellText, type ShellCommand } from './shell-text.ts';

/** A command without what stands before its program: assignments, keywords, `sudo`, `env` and their like. */
export interface Program {
  /** The last part of its path. */
  readonly name: string;
  readonly args: readonly string[];
  readonly command: ShellCommand;
}

/** Returns the programs that `run` starts, in the order of its text. */
export function programsOf(run: RunInstruction, escapeCharacter: EscapeCharacter): Program[] {
  return commandsOf(run, escapeCharacter).flatMap((command) => programOf(command) ?? []);
}

const SHELLS = ['sh', 'bash', 'ash', 'dash', 'ksh', 'zsh'];

/** True for the path or name of a shell that reads as sh does. */
export function isPosixShell(path: string): boolean {
  return SHELLS.includes(baseName(path));
}

function commandsOf(run: RunInstruction, escapeCharacter: EscapeCharacter): ShellCommand[] {
  const { command } = run;
  if (command.form === 'exec') return execCommands(command);
  const commands = readShellText(command.text.span, escapeCharacter);
  const [first] = commands;
  const reader = first === undefined ? undefined : programOf(first);
  const scripts = reader === undefined || isPosixShell(reader.name) ? run.heredocs : [];
  return [
    ...commands,
    ...scripts.filter(isShellScript).flatMap(({ bodySpan }) => readShellText(bodySpan, undefined)),
  ];
}

function isShellScript({ body }: { readonly body: string }): boolean {
  const [, interpreter] = /^#!\s*(?:\S*\/env\s+)?(\S+)/.exec(body) ?? [];
  return interpreter === undefined || isPosixShell(interpreter);
}

/** `["sh", "-c", "text"]` is the text's commands; any other vector is one command. */
function execCommands({
  words,
  span,
}: Extract<RunInstruction['command'], { form: 'exec' }>): ShellCommand[] {
  const texts = words.map(({ text }) => text);
  const [program = '', ...args] = texts;
  const at = args.findIndex((arg) => /^-\w*c$/.test(arg));
  const script = words[at + 2];
  if (!isPosixShell(program) || at === -1 || script === undefined) {
    return texts.length === 0 ? [] : [{ words: texts, joint: 'start', redirects: false, span }];
  }
  const { text } = script;
  const place = { source: { name: '', text }, start: 0, end: text.length };
  return readShellText(place, undefined).map((command) => ({ ...command, span: script.span }));
}

const KEYWORDS = ['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '}', '!', 'time'];

/** Programs that start another, with the flags of theirs that take a word. */
const WRAPPERS: Readonly<Record<string, string>> = {
  sudo: '-ugCDhprtT',
  env: '-uCS',
  exec: '-a',
  command: '',
  nohup: '',
  nice: '-n',
  eatmydata: '',
};

function programOf(command: ShellCommand): Program | undefined {
  const words = [...command.words];
  for (;;) {
    const name = baseName(words.shift() ?? '');
    if (name === '') return undefined;
    if (KEYWORDS.includes(name) || /^\w+\+?=/.test(name)) continue;
    const flags = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
    if (flags === undefined) return { name, args: words, command };
    skipFlags(words, flags);
  }
}

function skipFlags(words: string[], withWord: string): void {
  while (words[0]?.startsWith('-')) {
    const flag = words.shift() ?? '';
    if (flag.length === 2 && withWord.includes(flag.charAt(1))) words.shift();
  }
}

function baseName(path: string): string {
  // An assignment's value may hold slashes.
  return /^\w+\+?=/.test(path) ? path : path.slice(path.lastIndexOf('/') + 1);
}
