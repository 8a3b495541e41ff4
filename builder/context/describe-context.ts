// What a context holds and why, for `slipway context ls`: sizes, the largest paths, and what each ignore rule
// does. Reads names and sizes; opens no file.

import { lstatSync } from 'node:fs';
import { join, posix } from 'node:path';
import { compareNames } from '../../core/names.ts';
import { positionAt } from '../../core/source.ts';
import type { ContextSpec } from '../options.ts';
import { type IgnoreRule, type IgnoreRules, NO_RULES, parseIgnoreFile } from './ignore.ts';
import { type ListedPath, listContext } from './list-context.ts';
import { realDirectory } from './pinned-directory.ts';

/** A line of an ignore file. */
export interface RuleLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface DescribedPath {
  readonly path: string;
  readonly isDirectory: boolean;
  /** Of a folder: of everything in it. */
  readonly bytes: number;
  readonly files: number;
  /** The rule that let the path in again; undefined where none keeps it out. */
  readonly letInBy: RuleLine | undefined;
}

export interface KeptOut {
  readonly rule: RuleLine;
  /** How many paths the rule decides on, a folder that need not be opened as one. */
  readonly count: number;
  /** The first of them. */
  readonly example: string;
}

export interface ContextDescription {
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Largest first. */
  readonly largest: readonly DescribedPath[];
  /** In the order of the rules; those that keep out nothing too. */
  readonly keptOut: readonly KeptOut[];
}

export interface PathVerdict {
  /** Relative to the context. */
  readonly path: string;
  /** Something is there, in the context or kept out of it. */
  readonly exists: boolean;
  readonly isIn: boolean;
  /** Of a folder that is kept out: what of it is let in again, for which the folder is there after all. */
  readonly letInBelow: string | undefined;
  /** The rules that apply, in order; the last one decides. */
  readonly rules: readonly (RuleLine & { readonly negated: boolean })[];
}

/** Describes a context with its `top` largest paths. Throws E_IGNORE_PATTERN, E_COPY_SOURCE, E_FILE_CHANGED. */
export async function describeContext(
  context: ContextSpec,
  top: number,
): Promise<ContextDescription> {
  if (context.kind === 'empty') return { files: 0, folders: 0, bytes: 0, largest: [], keptOut: [] };
  const rules = rulesOf(context);
  const ignored: string[] = [];
  const root = { path: '', isDirectory: true };
  const found = await listContext(realDirectory(context.path), root, rules, (path) =>
    ignored.push(path),
  );
  const sums = sumUp(found);
  const { bytes, files } = sums.get('') ?? { bytes: 0, files: 0 };
  const paths = [...sums].filter(([path]) => path !== '');
  paths.sort(([a, x], [b, y]) => y.bytes - x.bytes || compareNames(a, b));
  return {
    files,
    bytes,
    folders: found.filter(({ isDirectory }) => isDirectory).length - 1,
    largest: paths.slice(0, top).map(([path, sum]) => {
      const rule = rules.applied(path).at(-1);
      return { path, ...sum, letInBy: rule?.negated === true ? lineOf(rule) : undefined };
    }),
    // A folder that is kept out is there all the same for what is let in below it.
    keptOut: keptOutBy(
      rules,
      ignored.filter((path) => !sums.has(path)),
    ),
  };
}

/** Says which rules apply to `path`, which need not be there. Throws E_IGNORE_PATTERN, E_COPY_SOURCE, E_FILE_CHANGED. */
export async function explainPath(context: ContextSpec, path: string): Promise<PathVerdict> {
  const relative = posix.normalize(`/${path}`).replace(/^\/|\/$/g, '');
  const nothing = { path: relative, exists: false, isIn: false, letInBelow: undefined, rules: [] };
  if (context.kind === 'empty') return nothing;
  const rules = rulesOf(context);
  const applied = relative === '' ? [] : rules.applied(relative);
  const found = lstatSync(join(context.path, relative), { throwIfNoEntry: false });
  const isIn = applied.at(-1)?.negated !== false;
  const mayHold = !isIn && found?.isDirectory() === true && !rules.prunes(relative);
  return {
    path: relative,
    exists: found !== undefined,
    isIn,
    letInBelow: mayHold
      ? await letInBelow(realDirectory(context.path), relative, rules)
      : undefined,
    rules: applied.map((rule) => ({ ...lineOf(rule), negated: rule.negated })),
  };
}

/** The first path in the folder `path` that is let in. */
async function letInBelow(
  root: string,
  path: string,
  rules: IgnoreRules,
): Promise<string | undefined> {
  const found = await listContext(root, { path, isDirectory: true }, rules);
  const paths = found.map((item) => posix.join(path, item.path));
  return paths.filter((each) => !rules.ignores(each)).sort(compareNames)[0];
}

function rulesOf({ ignoreFile }: Extract<ContextSpec, { kind: 'directory' }>): IgnoreRules {
  return ignoreFile === undefined ? NO_RULES : parseIgnoreFile(ignoreFile);
}

interface Sum {
  isDirectory: boolean;
  bytes: number;
  files: number;
}

function sumUp(found: readonly ListedPath[]): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const { path, isDirectory } of found) sums.set(path, { isDirectory, bytes: 0, files: 0 });
  for (const { path, isDirectory, bytes } of found) {
    if (isDirectory) continue;
    for (const at of upwards(path)) {
      const sum = sums.get(at);
      if (sum === undefined) continue;
      sum.bytes += bytes;
      sum.files++;
    }
  }
  return sums;
}

/** `a/b/c`, `a/b`, `a`, ''. */
function* upwards(path: string): Iterable<string> {
  yield path;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    yield path.slice(0, at);
  yield '';
}

function keptOutBy(rules: IgnoreRules, ignored: readonly string[]): readonly KeptOut[] {
  const paths = new Map<IgnoreRule, string[]>();
  for (const path of [...new Set(ignored)].sort(compareNames)) {
    const rule = rules.applied(path).at(-1);
    if (rule === undefined) continue;
    const list = paths.get(rule);
    if (list === undefined) paths.set(rule, [path]);
    else list.push(path);
  }
  return [...paths]
    .sort(([a], [b]) => (a.span?.start ?? 0) - (b.span?.start ?? 0))
    .map(([rule, list]) => ({ rule: lineOf(rule), count: list.length, example: list[0] ?? '' }));
}

function lineOf({ text, span }: IgnoreRule): RuleLine {
  if (span === undefined) throw new Error('a rule of no file');
  return { file: span.source.name, line: positionAt(span.source, span.start).line, text };
}
