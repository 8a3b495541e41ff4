// Image history in the reference's forms: `COPY a b # buildkit`, `ENV A=b`. It is public, so what is
// likely a secret does not go in: credentials in URLs, build arguments with telling names.

import { redactCredentials } from '../../../core/safe-text.ts';
import type { HistoryEntry } from '../../../image/model.ts';
import type { PlannedHistory, VertexId } from '../graph.ts';

/** A list that stages share the beginnings of. */
export interface History {
  readonly before: History | undefined;
  readonly item: PlannedHistory;
  /** Characters of all entries up to here. */
  readonly size: number;
}

/** A config with more than this in its history is read by nobody; entries beyond are cut short. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
const CUT = 1000;

const COMMENT = 'slipway';

/** Adds an entry for an instruction: of layer `vertex`, or of metadata only. */
export function record(before: History | undefined, createdBy: string, vertex?: VertexId): History {
  const size = (before?.size ?? 0) + createdBy.length;
  // A copy, since a slice would keep all of the text in memory.
  const kept =
    size <= MOST_CHARACTERS ? createdBy : Buffer.from(createdBy.slice(0, CUT)).toString();
  const entry: HistoryEntry = {
    created_by: redactCredentials(kept),
    comment: COMMENT,
    ...(vertex === undefined ? { empty_layer: true } : {}),
  };
  return { before, item: vertex === undefined ? { entry } : { entry, vertex }, size };
}

/** A base image's own entries, as they are. */
export function inherited(entries: readonly HistoryEntry[]): History | undefined {
  let history: History | undefined;
  for (const entry of entries) history = { before: history, item: { entry }, size: 0 };
  return history;
}

/** Oldest first. */
export function historyList(history: History | undefined): PlannedHistory[] {
  const items: PlannedHistory[] = [];
  for (let node = history; node !== undefined; node = node.before) items.push(node.item);
  return items.reverse();
}

/** `|1 VERSION=2 /bin/sh -c make`: a RUN's build arguments, then its command. */
export function runText(args: readonly string[], buildArgs: ReadonlyMap<string, string>): string {
  const shown = [...buildArgs].map(([name, value]) => `${name}=${argText(name, value)}`);
  const prefix = shown.length === 0 ? [] : [`|${shown.length}`, ...shown];
  return `RUN ${[...prefix, ...args].join(' ')} # buildkit`;
}

const TELLING =
  /(?:^|_)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;

/** The value of a build argument as the history may show it. */
export function argText(name: string, value: string): string {
  return TELLING.test(name) ? '***' : value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** The word in double quotes, as Go's strconv.Quote writes it: what cannot be printed is escaped. */
export function quote(word: string): string {
  const shown = word.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${shown}"`;
}
