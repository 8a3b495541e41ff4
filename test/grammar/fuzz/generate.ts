// Dockerfiles made from the grammar itself: a walk through its rules picks a production at random, so
// a rule that is added is tested without anybody thinking of it.

import rules from '../../../grammar/generated/dockerfile.js';
import { once, pick, type Random } from './random.ts';
import { Tokens } from './tokens.ts';

type Part = string | { readonly type: string };

const productions = new Map<string, (readonly Part[])[]>();
for (const { name, symbols } of rules.ParserRules) {
  const known = productions.get(name) ?? [];
  known.push(symbols as readonly Part[]);
  productions.set(name, known);
}

/** A Dockerfile of a few instructions, a FROM first more often than not; some of what it holds is wrong. */
export function generateDockerfile(random: Random): string {
  const newline = once(random, 12) ? '\r\n' : '\n';
  const lines = header(random);
  const tame = once(random, 2);
  if (!once(random, 10)) lines.push('FROM a');
  for (let count = random.int(6) + 1; count > 0; count--) {
    if (once(random, 8))
      lines.push(pick(random, ['', '# c', '  # d', '#', '# check=skip=all', '\t']));
    lines.push(...instruction(random, tame));
  }
  return lines.join(newline) + (once(random, 4) ? '' : newline);
}

function header(random: Random): string[] {
  if (!once(random, 6)) return [];
  const lines = [
    '# escape=`',
    '# escape=\\',
    '# syntax=docker/dockerfile:1',
    '#!/usr/bin/x',
    '# c',
    '\ufeff# check=skip=all',
    '#ESCAPE = ` ',
  ] as const;
  return Array.from({ length: random.int(3) + 1 }, () => pick(random, lines));
}

/** The lines of one instruction and of its heredocs. */
function instruction(random: Random, tame: boolean): string[] {
  const tokens = new Tokens(random, tame);
  const types: string[] = [];
  expandRule('instruction', random, types, tame);
  let text = '';
  for (const [i, type] of types.entries()) {
    const before = types[i - 1];
    const tight = type === 'equals' || before === 'equals' || type === 'end';
    const loose = 'openclosecomma'.includes(type) || 'openclosecomma'.includes(before ?? '-');
    if (i > 0 && !(tight && !once(random, 40)) && !(loose && once(random, 2))) text += gap(random);
    text += tokens.text(type);
  }
  const lines = [once(random, 10) ? `  ${text} ` : text];
  for (const { name, tabs } of tokens.heredocs) {
    if (once(random, 12)) continue;
    for (let count = random.int(3); count > 0; count--) {
      lines.push(pick(random, ['text', '\ttabs $A', '# no comment', 'RUN x \\', '"', '${']));
    }
    lines.push(tabs ? `\t${name}` : name);
  }
  return lines;
}

function gap(random: Random): string {
  if (!once(random, 12)) return pick(random, [' ', ' ', ' ', '  ', '\t']);
  return pick(random, [' \\\n', '\\\n', ' \\ \n  ', ' \\\n# c\n', ' \\\n\n', ' `\n', ' \\\\\n']);
}

/** Appends the token types of a random sentence of the rule `name`. Lists end soon, since their first production is the shortest. */
function expandRule(name: string, random: Random, types: string[], tame: boolean, depth = 0): void {
  const choices = productions.get(name) ?? [[]];
  const symbols =
    choices[depth > 12 || (tame && name === 'flags') ? 0 : random.int(choices.length)] ?? [];
  for (const symbol of symbols) {
    if (typeof symbol === 'string') expandRule(symbol, random, types, tame, depth + 1);
    else types.push(symbol.type);
  }
}
