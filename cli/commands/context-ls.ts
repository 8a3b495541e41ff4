// `slipway context ls`: what COPY and ADD would find in a context, and why a path is in it or not.

import type {
  ContextDescription,
  PathVerdict,
  RuleLine,
} from '../../builder/context/describe-context.ts';
import type { Reader } from '../../builder/describe/readers-of-path.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { readInput } from '../input/read-input.ts';
import { printable, printableJson } from '../printable.ts';
import { formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';

/** How many paths are listed. */
const LISTED = 20;

export const contextLs: CliCommand = {
  declare(command) {
    command
      .argument('[context]', 'the folder, or - for a tar on standard input', '.')
      .option('-f, --file <path>', 'the Dockerfile, whose own ignore file counts if it has one')
      .option('--why <path>', 'say which rules apply to this path of the context')
      .addOption(formatFlag())
      .addHelpText(
        'after',
        `
Examples:
  slipway context ls
  slipway context ls --why src/secret.key .
  slipway context ls --format json . | jq .bytes`,
      );
  },

  async run(command, host) {
    const flags = command.opts<{ file?: string; why?: string; format: 'table' | 'json' }>();
    const [context = '.'] = command.processedArgs as readonly string[];
    const { describeContext, explainPath } = await import(
      '../../builder/context/describe-context.ts'
    );
    const input = await readInput(flags.file, context, host);
    try {
      if (flags.why !== undefined) {
        const { readersOfPath } = await import('../../builder/describe/readers-of-path.ts');
        const found = await explainPath(input.context, flags.why);
        const readers = found.isIn ? readersOfPath(input.dockerfile, found.path) : [];
        const verdict = { ...found, readers };
        host.stdout.write(
          flags.format === 'json' ? `${printableJson(verdict)}\n` : printable(whyText(verdict)),
        );
        return 0;
      }
      const description = await describeContext(input.context, LISTED);
      host.stdout.write(
        flags.format === 'json' ? `${printableJson(description)}\n` : listing(description),
      );
      return 0;
    } finally {
      await input.dispose();
    }
  },
};

function listing({ files, folders, bytes, largest, keptOut }: ContextDescription): string {
  const paths = largest.map(({ path, isDirectory, bytes: size, files: count, letInBy }) => [
    formatSize(size),
    isDirectory ? String(count) : '',
    isDirectory ? `${path}/` : path,
    letInBy === undefined ? '' : `let in by ${place(letInBy)}`,
  ]);
  const rules = keptOut.map(({ rule, count, example }) => [
    String(count),
    place(rule),
    rule.text,
    example,
  ]);
  return [
    `${counted(files, 'file')} in ${counted(folders, 'folder')}, ${formatSize(bytes)}\n`,
    ...(paths.length === 0 ? [] : ['\n', formatTable(['SIZE', 'FILES', 'LARGEST', ''], paths)]),
    ...(rules.length === 0
      ? []
      : ['\n', formatTable(['KEPT OUT', 'BY', 'RULE', 'FOR EXAMPLE'], rules)]),
  ].join('');
}

interface Verdict extends PathVerdict {
  readonly readers: readonly Reader[];
}

function whyText({ path, exists, isIn, letInBelow, rules, readers }: Verdict): string {
  const deciding = rules.at(-1);
  const verdict = isIn ? 'is in the context' : 'is kept out of the context';
  const why = deciding === undefined ? 'no rule applies to it' : `${place(deciding)} decides`;
  const lines = rules.map(
    (rule) => `  ${place(rule)}   ${rule.negated ? 'lets it in  ' : 'keeps it out'}   ${rule.text}`,
  );
  const taken = readers.map((reader) => `  taken by ${place(reader)}: ${reader.text}`);
  const below = letInBelow === undefined ? [] : [`  but ${letInBelow} in it is let in`];
  const missing = exists ? [] : ['  but the folder has no such path'];
  return [
    `${path === '' ? 'the root' : path} ${verdict}: ${why}`,
    ...lines,
    ...below,
    ...taken,
    ...missing,
    '',
  ].join('\n');
}

function place({ file, line }: Pick<RuleLine, 'file' | 'line'>): string {
  return `${file}:${line}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
