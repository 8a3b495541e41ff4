// What the rules of dockerfile.ne make of their parts. Each function takes the parts of one rule in
// order and returns a node; lists are linked while the parser may still copy states, so that a long
// list costs linear time, and become arrays when a node takes them.

import type {
  ArgInstruction,
  Command,
  CommandInstruction,
  Declaration,
  FilesInstruction,
  Flag,
  FromInstruction,
  HealthcheckInstruction,
  Heredoc,
  MaintainerInstruction,
  OnbuildInstruction,
  Pair,
  PairsInstruction,
  PathWord,
  RunInstruction,
  TextInstruction,
  Trigger,
  Word,
  WordsInstruction,
} from './ast.ts';
import { findHeredocs } from './heredoc.ts';
import type { Token } from './lexer.ts';

type List<T> = { readonly before: List<T>; readonly item: T } | undefined;

/** The one part of a rule that only names it. */
export function only<T>([part]: [T]): T {
  return part;
}

export function none(): undefined {
  return undefined;
}

export function first<T>([item]: [T]): List<T> {
  return { before: undefined, item };
}

export function append<T>([before, item]: [List<T>, T]): List<T> {
  return { before, item };
}

export function appendAfterComma<T>([before, , item]: [List<T>, Token, T]): List<T> {
  return { before, item };
}

export function word([token]: [Token]): Word {
  return { text: token.value, span: token.span };
}

/** A JSON string, its escapes resolved; half a surrogate pair becomes U+FFFD, as it would in UTF-8. */
export function string([token]: [Token]): Word {
  return { text: JSON.parse(token.text).toWellFormed(), span: token.span };
}

interface ArrayNode {
  readonly words: readonly Word[];
  readonly open: Token;
  readonly close: Token;
}

export function array([open, ...rest]: [Token, Token] | [Token, List<Word>, Token]): ArrayNode {
  const [strings, close] = rest.length === 1 ? [undefined, rest[0]] : rest;
  return { words: toArray(strings), open, close };
}

export function flag([token]: [Token]): Flag {
  const { line, start, end, value, text } = token;
  const cut = value.indexOf('=');
  const written = text.indexOf('=');
  const nameEnd = written === -1 ? end : start + written;
  return {
    name: value.slice(2, cut === -1 ? undefined : cut),
    value: cut === -1 ? undefined : value.slice(cut + 1),
    span: token.span,
    nameSpan: line.span(start, nameEnd),
    valueSpan: line.span(written === -1 ? end : nameEnd + 1, end),
  };
}

export function shellCommand([text]: [Word]): Command {
  return { form: 'shell', text };
}

export function execCommand([node]: [ArrayNode]): Command {
  const span = node.open.line.span(node.open.start, node.close.end);
  return { form: 'exec', words: node.words, span };
}

export function arrayWords([node]: [ArrayNode]): { exec: readonly Word[] } {
  return { exec: node.words };
}

export function pair([name, equals, value]: [Token, Token, Token?]): Pair {
  return {
    key: word([name]),
    value: valueAfter(equals, value),
    form: 'equals',
    span: name.line.span(name.start, (value ?? equals).end),
  };
}

export function legacyPair([key, value]: [Token, Token]): Pair {
  const span = key.line.span(key.start, value.end);
  return { key: word([key]), value: word([value]), form: 'legacy', span };
}

export function declaration([name, equals, value]: [Token, Token?, Token?]): Declaration {
  return {
    name: word([name]),
    value: equals && valueAfter(equals, value),
    span: name.line.span(name.start, (value ?? equals ?? name).end),
  };
}

type Flags = List<Flag>;

export function from([keyword, flags, image]: [Token, Flags, Word]): FromInstruction {
  return { kind: 'from', ...common(keyword, flags), image, as: undefined };
}

export function fromAs([keyword, flags, image, as, name]: [
  Token,
  Flags,
  Word,
  Token,
  Word,
]): FromInstruction {
  return { kind: 'from', ...common(keyword, flags), image, as: { keyword: word([as]), name } };
}

export function run([keyword, flags, command]: [Token, Flags, Command?]): RunInstruction {
  return {
    kind: 'run',
    ...common(keyword, flags),
    command: command ?? emptyCommand(keyword),
    heredocs: command?.form === 'exec' ? [] : heredocsAfter(keyword),
  };
}

export function files([keyword, flags, paths]: [
  Token,
  Flags,
  List<Word> | { exec: readonly Word[] },
]): FilesInstruction {
  const nodes = common(keyword, flags);
  const kind = keyword.type === 'ADD' ? 'add' : 'copy';
  if (paths && 'exec' in paths) return { kind, ...nodes, paths: paths.exec, heredocs: [] };
  const heredocs = heredocsAfter(keyword);
  return { kind, ...nodes, paths: mergeMarkers(toArray(paths), heredocs), heredocs };
}

export function commandSetting([keyword, flags, command]: [
  Token,
  Flags,
  Command?,
]): CommandInstruction {
  const kind = keyword.type === 'CMD' ? 'cmd' : keyword.type === 'SHELL' ? 'shell' : 'entrypoint';
  return { kind, ...common(keyword, flags), command: command ?? emptyCommand(keyword) };
}

export function pairsSetting([keyword, flags, pairs]: [
  Token,
  Flags,
  List<Pair>,
]): PairsInstruction {
  const kind = keyword.type === 'ENV' ? 'env' : 'label';
  return { kind, ...common(keyword, flags), pairs: toArray(pairs) };
}

export function arg([keyword, flags, list]: [Token, Flags, List<Declaration>]): ArgInstruction {
  return { kind: 'arg', ...common(keyword, flags), declarations: toArray(list) };
}

export function wordsSetting([keyword, flags, list]: [
  Token,
  Flags,
  List<Word> | { exec: readonly Word[] },
]): WordsInstruction {
  const words = list && 'exec' in list ? list.exec : toArray(list);
  const kind = keyword.type === 'EXPOSE' ? 'expose' : 'volume';
  return { kind, ...common(keyword, flags), words };
}

export function textSetting([keyword, flags, argument]: [Token, Flags, Word]): TextInstruction {
  const kind =
    keyword.type === 'USER' ? 'user' : keyword.type === 'WORKDIR' ? 'workdir' : 'stopsignal';
  return { kind, ...common(keyword, flags), argument };
}

export function maintainer([keyword, flags, argument]: [
  Token,
  Flags,
  Word,
]): MaintainerInstruction {
  return { kind: 'maintainer', ...common(keyword, flags), argument };
}

export function healthcheck([keyword, flags, check, command]: [
  Token,
  Flags,
  Token,
  Command?,
]): HealthcheckInstruction {
  return {
    kind: 'healthcheck',
    ...common(keyword, flags),
    check: word([check]),
    command: command ?? emptyCommand(keyword),
  };
}

export function emptyHealthcheck([keyword, flags]: [Token, Flags]): HealthcheckInstruction {
  const command = emptyCommand(keyword);
  return { kind: 'healthcheck', ...common(keyword, flags), check: undefined, command };
}

export function onbuild([keyword, flags, trigger]: [Token, Flags, Trigger]): OnbuildInstruction {
  return { kind: 'onbuild', ...common(keyword, flags), trigger };
}

function common(keyword: Token, flags: Flags) {
  const { line, start } = keyword;
  return {
    keyword: word([keyword]),
    flags: toArray(flags),
    span: line.span(start, line.text.length),
    text: line.text.slice(start),
    comments: line.comments,
  };
}

/** No command at all: an empty text at the end of the line. */
function emptyCommand({ line }: Token): Command {
  return { form: 'shell', text: { text: '', span: line.span(line.text.length, line.text.length) } };
}

function valueAfter(equals: Token, value: Token | undefined): Word {
  return value ? word([value]) : { text: '', span: equals.line.span(equals.end, equals.end) };
}

/** The heredocs of a line after its keyword, their bodies still to be read. */
function heredocsAfter({ line, end }: Token): Heredoc[] {
  return findHeredocs(line, end).map((marker) => {
    const span = line.span(marker.start, marker.end);
    return {
      marker: { text: line.text.slice(marker.start, marker.end), span },
      fd: marker.fd,
      name: marker.name,
      stripTabs: marker.stripTabs,
      expand: marker.expand,
      body: '',
      bodySpan: span,
    };
  });
}

/** Puts one word for each marker in the place of the blank-separated words that it was cut into. */
function mergeMarkers(words: readonly Word[], heredocs: readonly Heredoc[]): PathWord[] {
  const merged: PathWord[] = [];
  let next = 0;
  for (const word of words) {
    const last = heredocs[next - 1];
    if (last && word.span.start < last.marker.span.end) continue;
    const heredoc = heredocs[next];
    if (heredoc && word.span.start === heredoc.marker.span.start) {
      merged.push({ ...heredoc.marker, heredoc: next });
      next++;
    } else merged.push(word);
  }
  return merged;
}

function toArray<T>(list: List<T>): T[] {
  const items: T[] = [];
  for (let node = list; node !== undefined; node = node.before) items.push(node.item);
  return items.reverse();
}
