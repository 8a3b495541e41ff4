// The contexts of one build: the main one and those that --build-context names, each opened when it
// is first used.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Table } from '../../cache/database.ts';
import { BuildError } from '../../core/errors.ts';
import type { Spool } from '../../core/spool.ts';
import { inlineSource } from '../copy/inline-source.ts';
import type { CopySource } from '../copy/source.ts';
import type { ContextSpec } from '../options.ts';
import type { ContextModes } from './context-modes.ts';
import { directorySource } from './directory-source.ts';
import { NO_RULES, parseIgnoreFile } from './ignore.ts';
import { readBeneath } from './read-beneath.ts';

export interface ContextOptions {
  readonly main: ContextSpec;
  readonly named: ReadonlyMap<string, string>;
  readonly modes: ContextModes;
  readonly digests: Table;
  readonly spool: Spool;
  readonly onSkipped: (path: string, kind: string) => void;
}

/** Returns a function that gives the source of a named context, or of the main one for undefined. */
export function openContexts(
  options: ContextOptions,
): (name: string | undefined) => Promise<CopySource> {
  const opened = new Map<string | undefined, Promise<CopySource>>();
  return (name) => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const made = name === undefined ? openMain(options) : openNamed(options, name);
    opened.set(name, made);
    return made;
  };
}

async function openMain({
  main,
  modes,
  digests,
  spool,
  onSkipped,
}: ContextOptions): Promise<CopySource> {
  const name = 'the build context';
  if (main.kind === 'empty') return { ...inlineSource([]), name: `${name}, which is empty` };
  const rules = main.ignoreFile === undefined ? NO_RULES : parseIgnoreFile(main.ignoreFile);
  return directorySource({ name, root: main.path, rules, modes, digests, spool, onSkipped });
}

/** A local named context: it has its own ignore file at its own root. */
async function openNamed(
  { named, modes, digests, spool, onSkipped }: ContextOptions,
  name: string,
): Promise<CopySource> {
  const value = named.get(name);
  if (value === undefined) throw new Error(`no context ${name}`);
  const root = resolve(value.replace(/^local:/, ''));
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new BuildError('E_CONTEXT_NOT_FOUND', `the context "${name}" is no folder: ${value}`);
  }
  const path = join(root, '.dockerignore');
  const ignoreFile = readBeneath(root, path, path);
  const rules = ignoreFile === undefined ? NO_RULES : parseIgnoreFile(ignoreFile);
  return directorySource({
    name: `the context "${name}"`,
    root,
    rules,
    modes,
    digests,
    spool,
    onSkipped,
  });
}
