// The file of one topic's cases, and what a case says: a Dockerfile, the files of its context, flags.
// The format is in README.md.

export interface Case {
  readonly name: string;
  /** Flags of `slipway build`, each one word. */
  readonly flags: readonly string[];
  /** The code of slipway's error, where the Dockerfile is one that must be refused. */
  readonly refused: string | undefined;
  /** Where slipway is meant to differ from the reference: why. Its own result is then recorded. */
  readonly differs: string | undefined;
  readonly parts: readonly CasePart[];
}

export interface CasePart {
  /** A path in the context, or `setup`: a shell script that is run in it. */
  readonly name: string;
  readonly text: string;
}

/** Reads a file of cases. Throws where it has another form. */
export function parseCases(text: string): Case[] {
  const [before = '', ...sections] = text.split(/^=== /m);
  if (/^[^#\n]/m.test(before)) throw new Error('text before the first case is no comment');
  return sections.map(parseCase);
}

function parseCase(section: string): Case {
  const [head = '', ...parts] = section.split(/^--- /m);
  const [name = '', ...lines] = head.trim().split('\n');
  const settings = new Map<string, string>();
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue;
    const [, key = '', value = ''] = /^(flags|refused|differs): (.+)$/.exec(line) ?? [];
    if (key === '') throw new Error(`case "${name}": cannot read "${line}"`);
    settings.set(key, value);
  }
  return {
    name,
    flags: settings.get('flags')?.split(' ') ?? [],
    refused: settings.get('refused'),
    differs: settings.get('differs'),
    parts: parts.map((part) => {
      const end = part.indexOf('\n');
      return { name: part.slice(0, end).trim(), text: part.slice(end + 1) };
    }),
  };
}
