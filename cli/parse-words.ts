// The one place that drives commander: a command's words in, the parsed command or its help text
// out. commander prints nothing and exits nowhere; what it refuses is thrown as E_USAGE.

import { Command, CommanderError } from 'commander';
import { BuildError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { CliCommand } from './command.ts';
import { peerFlagHint } from './peer-flags.ts';

export type ParsedWords =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'help'; readonly text: string };

/** Parses the words after the command's `name`. Throws E_USAGE. */
export function parseWords(
  name: string,
  summary: string,
  declared: Pick<CliCommand, 'declare'>,
  words: readonly string[],
): ParsedWords {
  let text = '';
  const command = new Command(`slipway ${name}`)
    .description(summary)
    .helpOption('-h, --help', 'show this text')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      writeErr: () => {},
      getOutHelpWidth: () => 100,
    });
  declared.declare(command);
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text };
    throw usageError(name, command, error);
  }
  return { kind: 'command', command };
}

function usageError(name: string, command: Command, error: CommanderError): BuildError {
  const message = error.message.replace(/^error: /, '').replace(/ Allowed choices are .*/, '');
  const flag = /^unknown option '([^'=]*)/.exec(message)?.[1];
  if (flag === undefined) {
    return new BuildError('E_USAGE', message, { hint: choices(error) ?? seeHelp(name) });
  }
  const peers = name === 'build' ? peerFlagHint(flag) : undefined;
  if (peers !== undefined) {
    return new BuildError('E_USAGE', `slipway build has no flag ${flag}`, { hint: peers });
  }
  const flags = command.options.flatMap(({ long, short }) => [long ?? [], short ?? []].flat());
  const meant = suggest(flag, flag.startsWith('--') ? flags : []);
  return new BuildError('E_USAGE', `slipway ${name} has no flag ${flag}`, {
    hint: meant === undefined ? seeHelp(name) : `did you mean ${meant}?`,
  });
}

function choices(error: CommanderError): string | undefined {
  const list = /Allowed choices are (.*)\.$/.exec(error.message)?.[1];
  return list === undefined ? undefined : `it is one of ${list}`;
}

function seeHelp(name: string): string {
  return `see slipway ${name} --help`;
}
