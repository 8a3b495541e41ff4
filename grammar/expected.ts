// Says in words what a line should have had where the grammar could not go on.

import { BuildError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { KEYWORDS, type Keyword, keywordOf, keywordOfLine } from './keywords.ts';
import type { Token } from './lexer.ts';
import type { LogicalLine } from './lines/logical-line.ts';

/** Token types as people call them. A flag may stand almost anywhere, so it is never what was missing. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  AS: 'AS and a name',
  text: 'an argument',
  word: 'an argument',
  name: 'NAME=VALUE',
  equals: '=',
  value: 'a value',
  legacyKey: 'NAME=VALUE',
  check: 'CMD or NONE',
  open: '[',
  close: ']',
  comma: 'a comma',
  string: 'a string in double quotes',
  end: 'the end of the line',
};

/**
 * Returns the error for a line that stops being an instruction at `token`. `expected` are the token
 * types that the grammar would have taken there.
 */
export function unexpected(
  line: LogicalLine,
  token: Token,
  expected: readonly string[],
): BuildError {
  if (token.type === 'keyword') return unknownInstruction(token);
  const keyword = keywordOfLine(line.text);
  if (keyword === 'ONBUILD' && keywordOf(token.text)) return notATrigger(token);
  const subject = keyword ?? 'the instruction';
  if (token.type === 'misplacedEquals') {
    return new BuildError('E_PARSE', `${subject} has a = with no name right before it`, {
      span: token.span,
      hint: hintFor(keyword, token),
    });
  }
  const wanted = describe(expected);
  const ended = token.type === 'end';
  const message = !ended
    ? `${subject} cannot have ${quote(token.text)} here${wanted && `: expected ${wanted}`}`
    : `${subject} ends too early${wanted && `: expected ${wanted}`}`;
  const span = ended ? line.span(0, line.text.length) : token.span;
  return new BuildError('E_PARSE', message, { span, hint: hintFor(keyword, token) });
}

const STRAY_HINT = 'If it goes on from the line above, that line must end in a backslash.';

function unknownInstruction(token: Token): BuildError {
  const near = suggest(token.text, Object.keys(KEYWORDS));
  return new BuildError('E_UNKNOWN_INSTRUCTION', `there is no instruction ${quote(token.text)}`, {
    span: token.span,
    hint: near ? `Did you mean ${near}?` : STRAY_HINT,
  });
}

/** True where the line starts with nothing like an instruction: it is likely a part of the one above. */
export function isStrayLine(error: BuildError): boolean {
  return error.hint === STRAY_HINT;
}

function notATrigger(token: Token): BuildError {
  const name = token.text.toUpperCase();
  return new BuildError('E_PARSE', `${name} cannot be an ONBUILD trigger`, { span: token.span });
}

function describe(expected: readonly string[]): string {
  const words = new Set<string>();
  for (const type of expected) {
    // Where any word may stand, `AS` is one of them.
    const description = keywordOf(type) ? 'an instruction' : DESCRIPTIONS[type];
    if (description && !(type === 'AS' && expected.includes('word'))) words.add(description);
  }
  return [...words].join(' or ');
}

function hintFor(keyword: Keyword | undefined, token: Token): string | undefined {
  if (token.type === 'notString' || token.type === 'open') {
    return 'A JSON array of an instruction holds strings only.';
  }
  return keyword && `Write it as: ${KEYWORDS[keyword].usage}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
