// The AST as S-expressions, an instruction a line, in the form of BuildKit's golden files:
// `(copy ["--from=a"] "x" "/y")`. For tests and for people; nothing reads it back.

import type { Command, DockerfileAst, Flag, Instruction, Word } from './ast.ts';

/** Returns the dump of a whole Dockerfile, without a line end after the last line. */
export function dump(ast: DockerfileAst): string {
  return ast.instructions.map(dumpInstruction).join('\n');
}

function dumpInstruction(instruction: Instruction): string {
  const parts = [instruction.keyword.text.toLowerCase()];
  if (instruction.flags.length > 0) {
    parts.push(`[${instruction.flags.map((flag) => goQuote(flagText(flag))).join(' ')}]`);
  }
  parts.push(...(instruction.kind === 'onbuild' ? [dumpInstruction(instruction.trigger)] : []));
  return `(${[...parts, ...argumentsOf(instruction).map(goQuote)].join(' ')})`;
}

function argumentsOf(instruction: Instruction): string[] {
  switch (instruction.kind) {
    case 'from': {
      const { image, as } = instruction;
      return texts(as ? [image, as.keyword, as.name] : [image]);
    }
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return commandWords(instruction.command);
    case 'healthcheck':
      return [
        ...texts(instruction.check ? [instruction.check] : []),
        ...commandWords(instruction.command),
      ];
    case 'env':
    case 'label':
      return instruction.pairs.flatMap(({ key, value, form }) => [
        key.text,
        value.text,
        form === 'equals' ? '=' : '',
      ]);
    case 'arg':
      return instruction.declarations.map(({ name, value }) =>
        value ? `${name.text}=${value.text}` : name.text,
      );
    case 'add':
    case 'copy':
      return texts(instruction.paths);
    case 'expose':
    case 'volume':
      return texts(instruction.words);
    case 'onbuild':
      return [];
    default:
      return [instruction.argument.text];
  }
}

function commandWords(command: Command): string[] {
  if (command.form === 'exec') return texts(command.words);
  return command.text.text === '' ? [] : [command.text.text];
}

function texts(words: readonly Word[]): string[] {
  return words.map((word) => word.text);
}

function flagText({ name, value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Quotes as Go's strconv.Quote does for what golden files hold. */
function goQuote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(2, '0');
    return NAMED[char] ?? `\\x${code}`;
  });
  return `"${escaped}"`;
}
