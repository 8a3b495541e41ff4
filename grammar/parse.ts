// The grammar's one entry: text -> AST. Each logical instruction is parsed by itself, so the cost
// is linear in the file and no parse table outlives its line.

import nearley from 'nearley';
import { BuildError } from '../core/errors.ts';
import type { SourceText } from '../core/source.ts';
import type { DockerfileAst, Heredoc, Instruction } from './ast.ts';
import { unexpected } from './expected.ts';
import rules from './generated/dockerfile.js';
import { InstructionLexer, type Token } from './lexer.ts';
import type { LogicalLine } from './lines/logical-line.ts';
import { Preprocessor } from './lines/preprocess.ts';

const grammar = nearley.Grammar.fromCompiled(rules);

/**
 * Parses the text of a Dockerfile. Throws a BuildError with a span: E_PARSE, E_UNKNOWN_INSTRUCTION,
 * E_DIRECTIVE, E_HEREDOC, E_EMPTY_DOCKERFILE. Flags are names and texts: which instruction knows
 * which is not checked here.
 */
export function parse(source: SourceText): DockerfileAst {
  const preprocessor = new Preprocessor(source);
  const instructions: Instruction[] = [];
  let lexer: InstructionLexer | undefined;
  for (let line = preprocessor.next(); line !== undefined; line = preprocessor.next()) {
    lexer ??= new InstructionLexer(preprocessor.escape);
    instructions.push(withBodies(parseLine(lexer, line), preprocessor));
  }
  if (instructions.length === 0) throw emptyDockerfile(source);
  const { directives, emptyContinuations } = preprocessor;
  return { source, escape: preprocessor.escape, directives, instructions, emptyContinuations };
}

/** nearley's own reports show its table; ours are made by `unexpected`. */
class LineParser extends nearley.Parser {
  declare readonly table: readonly {
    readonly states: readonly {
      readonly rule: { readonly symbols: readonly unknown[] };
      readonly dot: number;
    }[];
  }[];

  reportError(): string {
    return 'unexpected token';
  }

  /** The token types that would have been taken after `taken` tokens. */
  expectedAfter(taken: number): string[] {
    const types: string[] = [];
    for (const { rule, dot } of this.table[taken]?.states ?? []) {
      const symbol = rule.symbols[dot] as { type?: string } | string | undefined;
      if (typeof symbol === 'object' && symbol.type) types.push(symbol.type);
    }
    return types;
  }
}

function parseLine(lexer: InstructionLexer, line: LogicalLine): Instruction {
  const parser = new LineParser(grammar, { lexer });
  lexer.read(line);
  try {
    parser.feed(line.text);
  } catch (error) {
    const token = (error as { token?: Token }).token;
    if (token === undefined) throw error;
    throw unexpected(line, token, parser.expectedAfter(parser.current));
  }
  const [instruction, another] = parser.results;
  if (instruction === undefined || another !== undefined) {
    throw new Error(`the grammar has ${parser.results.length} readings of: ${line.text}`);
  }
  return instruction;
}

/** Reads the bodies of the instruction's heredocs, which follow it in the text. */
function withBodies(instruction: Instruction, preprocessor: Preprocessor): Instruction {
  if (instruction.kind === 'onbuild') {
    const trigger = withBodies(instruction.trigger, preprocessor) as typeof instruction.trigger;
    return { ...instruction, trigger };
  }
  if (!('heredocs' in instruction) || instruction.heredocs.length === 0) return instruction;
  const heredocs = instruction.heredocs.map((heredoc) => withBody(heredoc, preprocessor));
  return { ...instruction, heredocs };
}

function withBody(heredoc: Heredoc, preprocessor: Preprocessor): Heredoc {
  const found = preprocessor.heredocBody(heredoc.name, heredoc.stripTabs);
  if (found === undefined) {
    throw new BuildError('E_HEREDOC', `the heredoc ${heredoc.marker.text} has no end`, {
      span: heredoc.marker.span,
      hint: `Put ${heredoc.name} alone on a line after the text.`,
    });
  }
  return { ...heredoc, body: found.body, bodySpan: found.span };
}

function emptyDockerfile(source: SourceText): BuildError {
  const end = source.text.length;
  return new BuildError('E_EMPTY_DOCKERFILE', 'the Dockerfile has no instructions', {
    span: { source, start: end, end },
    hint: 'The smallest one is: FROM scratch',
  });
}
