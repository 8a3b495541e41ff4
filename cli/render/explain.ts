// Why a step was run or reused, in full sentences, a line each: what --explain and `slipway why` print. For who reads it
// in the middle of the night: which file, what it was and is, who brought it from where.

import type { ValueChange } from '../../builder/history/step-details.ts';
import type { StepEnded } from '../../core/events.ts';
import type { PathOrigin } from '../../core/path-origin.ts';
import type {
  PartChange,
  PathChange,
  PathChanges,
  PathState,
  ReadChange,
  StepReason,
} from '../../core/step-reason.ts';

export type Explained = Pick<StepEnded, 'reason' | 'cause' | 'origins'>;

/** How many paths are told before the rest is only counted. */
const TOLD = 5;
/** How much of a value is told for each of those. */
const VALUE = 16;
const LONGEST = 200;

/**
 * The lines, not cut to any width and not yet printable. `most`: how many paths are told. `values` are those of the parts
 * of its key that are others, where they may be told.
 */
export function explain(
  { reason, cause, origins = [] }: Explained,
  most = TOLD,
  values: readonly ValueChange[] = [],
): string[] {
  if (cause === undefined) return [reason];
  const originOf = (path: string): PathOrigin | undefined =>
    origins.find((origin) => origin.path === path);
  switch (cause.kind) {
    case 'parts':
      return [
        ...cause.changes.flatMap((change) => {
          const own = values.filter(({ part }) => part === change.name);
          const told = own.map((value) => valueLine(value, Math.min(most * VALUE, LONGEST)));
          return told.length > 0 ? some(told, 0, most) : partLines(change, originOf, most);
        }),
        ...(cause.untraced === undefined
          ? []
          : [`whatever changes before it counts, read or not: ${cause.untraced}`]),
      ];
    case 'read':
      return some(
        cause.changes.map((change) => readLine(change, originOf)),
        cause.more,
        most,
      );
    case 'unread':
      return unreadLines(cause, originOf, most);
    default:
      return [reason];
  }
}

type OriginOf = (path: string) => PathOrigin | undefined;

function partLines(change: PartChange, originOf: OriginOf, most: number): string[] {
  const { name, items, known, files } = change;
  if (name === 'sources' && files !== undefined && files.paths.length > 0) {
    return some(
      files.paths.map((path) => sourceLine(path, originOf(path.path))),
      files.more,
      most,
    );
  }
  if (name === 'input tree') {
    if (files === undefined) return ['files before it changed (which ones is no longer known)'];
    return some(
      files.paths.map((path) => inputLine(path, originOf(path.path))),
      files.more,
      most,
    );
  }
  if (name === 'hard links') return ['other names before it are hard links of each other'];
  const what = PARTS[name] ?? `its ${name}`;
  if (!known) return [`${what} is new`];
  return [items.length === 0 ? `${what} changed` : `${what} changed: ${items.join(', ')}`];
}

/** What the parts of a key are to people; others are called by their names. */
const PARTS: Readonly<Record<string, string>> = {
  sources: 'what it copies',
  environment: 'its environment',
  command: 'its command',
  scripts: 'its here-documents',
  user: 'the user that it runs as',
  mounts: 'its mounts',
  runner: "slipway's runner",
};

/** `API_URL of its environment changed: "a" -> "b"`. */
function valueLine({ part, name, before, after }: ValueChange, longest: number): string {
  const what = `${name === '' ? '' : `${name} of `}${PARTS[part] ?? `its ${part}`}`;
  const shown = (value: string): string => shownValue(part, value, longest);
  if (before === undefined)
    return `${what} is new${part === 'mounts' ? '' : `: ${shown(after ?? '')}`}`;
  if (after === undefined)
    return `${what} is gone${part === 'mounts' ? '' : `, and was ${shown(before)}`}`;
  return `${what} changed: ${shown(before)} -> ${shown(after)}`;
}

function shownValue(part: string, value: string, longest: number): string {
  if (value === '') return '(empty)';
  const text = part === 'command' ? commandText(value) : value;
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** The command as its author wrote it, where a shell runs it. */
function commandText(value: string): string {
  const words: readonly string[] = JSON.parse(value);
  return words[1] === '-c' && words[2] !== undefined ? words[2] : words.join(' ');
}

/** Of a COPY: the file where it comes from. */
function sourceLine(change: PathChange, origin: PathOrigin | undefined): string {
  const { from } = origin ?? {};
  if (change.kind === 'removed') return `/${change.path} is no longer in what it copies`;
  const name = from === undefined ? `/${change.path}` : `${from.path} of ${from.source}`;
  const before = from?.before === undefined ? '' : `, ${broughtBy(from.before)}`;
  return `${name} ${happened(change)}${before}`;
}

function inputLine(change: PathChange, origin: PathOrigin | undefined): string {
  return `/${change.path} ${happened(change)}${origin === undefined ? '' : `, ${broughtBy(origin)}`}`;
}

function readLine(change: ReadChange, originOf: OriginOf): string {
  if (change.what === 'path') {
    const { path } = change.change;
    const origin = originOf(path);
    const tail = origin === undefined ? '' : `, ${broughtBy(origin)}`;
    return `it ${looked(change.uses)} /${path}, which ${happened(change.change)}${tail}`;
  }
  if (change.what === 'links') return `it looked at /${change.path}, which has other hard links`;
  const names = [
    ...change.added.map((name) => `${name} is new`),
    ...change.removed.map((name) => `${name} is gone`),
    ...change.changed.map((name) => `${name} is of another kind`),
  ];
  return `it listed /${change.path}, where ${some(names, 0, TOLD).join(', ')}`;
}

/** By the letters of runner-native/PROTOCOL.md, the one that says most. */
function looked(uses: string): string {
  if (uses.includes('c')) return 'read';
  if (uses.includes('w')) return 'changed';
  if (uses.includes('l')) return 'listed';
  if (uses.includes('r')) return 'read the link';
  return 'looked for';
}

function unreadLines(
  { ignored }: Extract<StepReason, { kind: 'unread' }>,
  originOf: OriginOf,
  most: number,
): string[] {
  const { paths, more } = ignored;
  if (paths.length === 0) return ['files before it changed, but none that this step read'];
  const lines = some(
    paths.map((path) => inputLine(path, originOf(path.path))),
    more,
    most,
  );
  const last = lines.pop() ?? '';
  return [
    ...lines,
    `${last}; this step never read ${countOf(ignored) === 1 ? 'it' : 'any of them'}`,
  ];
}

function countOf({ paths, more }: PathChanges): number {
  return paths.length + more;
}

/** `copied by COPY src/ ./ (Dockerfile:7) from src/app.ts of the context`. */
function broughtBy({ how, step, place, from }: PathOrigin): string {
  const who = `${withoutPlace(step)}${place === undefined ? '' : ` (${place})`}`;
  switch (how) {
    case 'base':
      return `part of the base image of ${who}`;
    case 'written':
      return `written by ${who}`;
    case 'removed':
      return /^(?:COPY|ADD) /.test(who) ? `no longer copied by ${who}` : `removed by ${who}`;
    case 'copied': {
      if (from === undefined) return `copied by ${who}`;
      const before = from.before === undefined ? '' : `, where it was ${broughtBy(from.before)}`;
      return `copied by ${who} from ${from.path} of ${from.source}${before}`;
    }
  }
}

/** `RUN npm ci` of `[build 2/5] RUN npm ci`, not longer than a line bears. */
function withoutPlace(step: string): string {
  const text = step.replace(/^\[[^\]]*\] /, '');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `changed (...)`, `is new`, `is gone`, `has another mode (0644 -> 0755)`. */
function happened(change: PathChange): string {
  if (change.kind === 'added') return change.after.type === 'dir' ? 'is a new folder' : 'is new';
  if (change.kind === 'removed') return 'is gone';
  const { before, after } = change;
  if (before.type !== after.type) return `is a ${after.type} now, and was a ${before.type}`;
  const differences = [
    ...contentChange(before, after),
    ...difference('leads elsewhere', before.link, after.link),
    ...difference('has another mode', mode(before), mode(after)),
    ...difference('has another owner', owner(before), owner(after)),
  ];
  return differences.length === 0 ? 'has other attributes' : differences.join(' and ');
}

function difference(what: string, before: string | undefined, after: string | undefined): string[] {
  return before === after ? [] : [`${what} (${before} -> ${after})`];
}

/** `changed (sha256:ab12cd34ef56 -> 98fe76dcba54)`. A folder's digest is of what is in it: that is told path by path. */
function contentChange(before: PathState, after: PathState): string[] {
  if (before.type !== 'file' || before.digest === after.digest) return [];
  const short = ({ digest }: PathState): string => digest?.slice(7, 19) ?? '';
  return [`changed (sha256:${short(before)} -> ${short(after)})`];
}

function mode({ mode: bits }: PathState): string {
  return bits.toString(8).padStart(4, '0');
}

function owner({ uid, gid }: PathState): string {
  return `${uid}:${gid}`;
}

function some(lines: readonly string[], uncounted: number, most: number): string[] {
  const more = Math.max(0, lines.length - most) + uncounted;
  if (more === 0) return [...lines];
  return [...lines.slice(0, most), `and ${more >= 1000 ? 'over 1000' : more} more`];
}
