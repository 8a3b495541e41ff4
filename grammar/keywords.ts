// The instructions of the language, and how the rest of each one's line is written.

/** How the arguments read. `command` and `paths` may also be a JSON array of strings. */
export type Body =
  | 'command'
  | 'paths'
  | 'words'
  | 'from'
  | 'pairs'
  | 'declarations'
  | 'text'
  | 'check'
  | 'trigger';

export const KEYWORDS = {
  FROM: { body: 'from', usage: 'FROM [--platform=PLATFORM] IMAGE [AS NAME]' },
  RUN: { body: 'command', usage: 'RUN [flags] COMMAND' },
  CMD: { body: 'command', usage: 'CMD ["PROGRAM", "ARGUMENT"...]' },
  LABEL: { body: 'pairs', usage: 'LABEL NAME=VALUE...' },
  MAINTAINER: { body: 'text', usage: 'MAINTAINER NAME' },
  EXPOSE: { body: 'words', usage: 'EXPOSE PORT[/PROTOCOL]...' },
  ENV: { body: 'pairs', usage: 'ENV NAME=VALUE...' },
  ADD: { body: 'paths', usage: 'ADD [flags] SOURCE... DESTINATION' },
  COPY: { body: 'paths', usage: 'COPY [flags] SOURCE... DESTINATION' },
  ENTRYPOINT: { body: 'command', usage: 'ENTRYPOINT ["PROGRAM", "ARGUMENT"...]' },
  VOLUME: { body: 'paths', usage: 'VOLUME PATH...' },
  USER: { body: 'text', usage: 'USER NAME[:GROUP]' },
  WORKDIR: { body: 'text', usage: 'WORKDIR PATH' },
  ARG: { body: 'declarations', usage: 'ARG NAME[=DEFAULT]...' },
  ONBUILD: { body: 'trigger', usage: 'ONBUILD INSTRUCTION' },
  STOPSIGNAL: { body: 'text', usage: 'STOPSIGNAL SIGNAL' },
  HEALTHCHECK: { body: 'check', usage: 'HEALTHCHECK [flags] CMD COMMAND, or HEALTHCHECK NONE' },
  SHELL: { body: 'command', usage: 'SHELL ["PROGRAM", "ARGUMENT"...]' },
} as const satisfies Record<string, { body: Body; usage: string }>;

export type Keyword = keyof typeof KEYWORDS;

/** Returns the keyword that `word` is, whatever its case, or undefined. */
export function keywordOf(word: string): Keyword | undefined {
  const upper = word.toUpperCase();
  return Object.hasOwn(KEYWORDS, upper) ? (upper as Keyword) : undefined;
}

/** Returns the keyword that a logical line begins with, or undefined. */
export function keywordOfLine(text: string): Keyword | undefined {
  return keywordOf(text.split(/[\t\v\f\r ]/, 1)[0] ?? '');
}
