// A step's reason in words, one line of them.

import type {
  PartChange,
  PathChange,
  PathChanges,
  ReadChange,
  StepReason,
} from '../../core/step-reason.ts';

/** How many paths and names are told before the rest is only counted. */
const SHOWN = 3;

/** The reason as people read it. */
export function reasonText(reason: StepReason): string {
  switch (reason.kind) {
    case 'same':
      return 'nothing that it depends on has changed';
    case 'unread':
      return `${changedPaths(reason.ignored) || 'hard links changed'}, but this step never read ${isOne(reason.ignored) ? 'it' : 'them'}`;
    case 'untouched':
      return `the base changed, but nothing that this ${reason.instruction} touches`;
    case 'read':
      return `what it read has changed: ${someOf(reason.changes.map(readChange), reason.more)}`;
    case 'parts': {
      const parts = reason.changes.map((change) => partChange(change, reason.changes.length === 1));
      const untraced =
        reason.untraced === undefined ? '' : ` (what it read is not asked: ${reason.untraced})`;
      return parts.join('; ') + untraced;
    }
    case 'new':
      return 'this step was not run before';
    case 'lost':
      return 'its result is no longer in the store';
    case 'expired':
      return `its result is older than ${duration(reason.ttl)} (${duration(reason.age)})`;
    case 'bypassed':
      return `the cache was not asked (${reason.by})`;
  }
}

function isOne({ paths, more }: PathChanges): boolean {
  return paths.length + more === 1;
}

function partChange({ name, known, items, files }: PartChange, isOnly: boolean): string {
  if (!known) return `${name} ${name.endsWith('s') ? 'are' : 'is'} new`;
  if (name === 'input tree') {
    return `files before it changed: ${files === undefined ? 'some' : changedPaths(files)}`;
  }
  if (items.length === 0) return `${name} changed`;
  const text = `${name} changed: ${items.slice(0, SHOWN).join(', ')}`;
  const paths = !isOnly || files === undefined ? '' : changedPaths(files);
  return saysMore(paths, text) ? `${text} (${paths})` : text;
}

/** A single file that was copied under its own name needs no path. */
function saysMore(paths: string, reason: string): boolean {
  const [, name] = /^\S*\/(\S+) changed$/.exec(paths) ?? [];
  return paths !== '' && !(name !== undefined && reason.endsWith(`: ${name}`));
}

function changedPaths({ paths, more }: PathChanges): string {
  return someOf(paths.map(pathChange), more);
}

function pathChange({ path, kind }: PathChange): string {
  return `/${path} ${kind}`;
}

function readChange(change: ReadChange): string {
  switch (change.what) {
    case 'path':
      return pathChange(change.change);
    case 'links':
      return `the hard links of /${change.path}`;
    case 'names': {
      const names = [
        ...change.added.map((name) => `${name} added`),
        ...change.removed.map((name) => `${name} removed`),
        ...change.changed.map((name) => `${name} of another kind`),
      ];
      return `what is in /${change.path}, which it listed (${someOf(names, 0)})`;
    }
  }
}

function someOf(texts: readonly string[], uncounted: number): string {
  const more = Math.max(0, texts.length - SHOWN) + uncounted;
  const tail = more === 0 ? '' : ` and ${more >= 1000 ? 'over 1000' : more} more`;
  return texts.slice(0, SHOWN).join(', ') + tail;
}

function duration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const;
  const [size, unit] = units.find(([size]) => ms >= size) ?? [1, 'ms'];
  return `${Math.floor(ms / size)} ${unit}`;
}
