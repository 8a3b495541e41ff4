// One logical instruction -> its node, by nearley and the rules of dockerfile.ne.

import nearley from 'nearley';
import type { Instruction } from './ast.ts';
import { unexpected } from './expected.ts';
import rules from './generated/dockerfile.js';
import { keywordOf, keywordOfLine } from './keywords.ts';
import type { InstructionLexer, Token } from './lexer.ts';
import type { LogicalLine } from './lines/logical-line.ts';

const grammar = nearley.Grammar.fromCompiled(rules);

/** The rule that each keyword begins. */
const RULES = new Map<string, string>();
for (const { name, symbols } of grammar.rules) {
  const [first] = symbols as readonly { readonly type?: string }[];
  if (first?.type !== undefined && keywordOf(first.type) !== undefined) RULES.set(first.type, name);
}

const grammars = new Map<string, nearley.Grammar>();

/** The grammar with the rule of one keyword to start from: to begin each line with all of them takes longer than to read it. */
function grammarOf(keyword: string): nearley.Grammar {
  const known = grammars.get(keyword);
  if (known !== undefined) return known;
  const made = nearley.Grammar.fromCompiled({
    ...rules,
    ParserStart: RULES.get(keyword) ?? grammar.start,
  });
  grammars.set(keyword, made);
  return made;
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

/** Parses one line; the bodies of its heredocs are still to be read. Throws E_PARSE, E_UNKNOWN_INSTRUCTION. */
export function parseLine(lexer: InstructionLexer, line: LogicalLine): Instruction {
  const keyword = keywordOfLine(line.text);
  const parser = new LineParser(keyword === undefined ? grammar : grammarOf(keyword), { lexer });
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
