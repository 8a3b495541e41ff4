// From the words of the command line to the command that they name. Parses the words of that one
// command with commander, whose errors become E_USAGE; prints help; returns an exit status.

import { BuildError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { COMMANDS } from './command-table.ts';
import type { Host } from './host.ts';
import { overview } from './overview.ts';

/** Runs the command that `words` (without node and script) name. Returns the exit status; throws BuildError. */
export async function dispatch(words: readonly string[], host: Host): Promise<number> {
  const first = words[0];
  if (first === undefined) throw new BuildError('E_USAGE', 'no command was given', { hint: HELP });
  if (first === '--help' || first === '-h') return show(host, overview());
  if (first === '--version' || first === '-v') return dispatch(['version'], host);
  if (first === 'help') return help(words.slice(1), host);

  const names = [3, 2, 1].map((count) => words.slice(0, count).join(' '));
  const name = names.find((candidate) => COMMANDS.has(candidate));
  if (name !== undefined) return runCommand(name, words.slice(name.split(' ').length), host);
  const group = names.find(isGroup);
  if (group === undefined) throw unknownCommand(first);
  const next = words[group.split(' ').length];
  if (next === '--help' || next === '-h') return show(host, overview(group));
  throw unknownCommand(next === undefined ? group : `${group} ${next}`);
}

const HELP = 'slipway --help lists the commands';

async function help(words: readonly string[], host: Host): Promise<number> {
  const first = words[0];
  if (first === undefined) return show(host, overview());
  const name = words.join(' ');
  if (isGroup(name)) return show(host, overview(name));
  return dispatch([...words, '--help'], host);
}

async function runCommand(name: string, words: readonly string[], host: Host): Promise<number> {
  const entry = COMMANDS.get(name);
  if (entry === undefined) throw new Error(`no entry for the command ${name}`);
  const [command, { parseWords }] = await Promise.all([entry.load(), import('./parse-words.ts')]);
  const parsed = parseWords(name, entry.summary, command, words);
  if (parsed.kind === 'help') return show(host, parsed.text);
  return command.run(parsed.command, host);
}

function isGroup(words: string): boolean {
  return [...COMMANDS.keys()].some((name) => name.startsWith(`${words} `));
}

function unknownCommand(name: string): BuildError {
  if (isGroup(name)) {
    return new BuildError('E_USAGE', `slipway ${name} needs one more word`, {
      hint: `slipway ${name} --help lists the commands`,
    });
  }
  const meant = suggest(name, COMMANDS.keys());
  return new BuildError('E_USAGE', `there is no command ${JSON.stringify(name)}`, {
    hint: meant === undefined ? HELP : `did you mean slipway ${meant}?`,
  });
}

function show(host: Host, text: string): number {
  host.stdout.write(text);
  return 0;
}
