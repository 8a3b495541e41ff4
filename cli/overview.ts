// The texts of `slipway --help` and of a group of commands such as `slipway cache --help`.

import { COMMANDS } from './command-table.ts';

/** Returns the overview of all commands, or of those whose name begins with the word `group`. */
export function overview(group?: string): string {
  const prefix = group === undefined ? '' : `${group} `;
  const names = [...COMMANDS.keys()].filter((name) => name.startsWith(prefix));
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => `  ${name.padEnd(width)}  ${COMMANDS.get(name)?.summary}`);
  return `Usage: slipway ${prefix}COMMAND [FLAGS] [ARGUMENTS]

${group === undefined ? 'Builds container images from Dockerfiles, without a daemon.\n\n' : ''}Commands:
${lines.join('\n')}

"slipway ${prefix}COMMAND --help" says more about each.
`;
}
