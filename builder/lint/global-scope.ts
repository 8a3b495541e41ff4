// What FROM lines may use: build arguments as they are in this build, and as they would be if nobody
// gave any.

import type { ArgInstruction, EscapeCharacter, Word } from '../../grammar/ast.ts';
import { type Expansion, expand } from '../plan/expand/expand.ts';
import { type ArgOptions, globalArgs } from '../plan/stages/build-args.ts';
import { unlessBuildError } from './unless-build-error.ts';

export interface GlobalScope {
  readonly values: ReadonlyMap<string, string>;
  /** Without --build-arg. */
  readonly defaults: ReadonlyMap<string, string>;
  /** Every name that a FROM line may use: those with a value, and those that are only declared. */
  readonly names: ReadonlySet<string>;
  readonly escape: EscapeCharacter;
}

/** Returns the scope above the first FROM. Throws E_EXPANSION. */
export function globalScope(
  declared: readonly ArgInstruction[],
  options: ArgOptions,
  target: string,
  mark: EscapeCharacter,
): GlobalScope {
  const values = globalArgs(declared, options, target, mark);
  const nothing = { ...options, buildArgs: new Map(), sourceDateEpoch: undefined };
  const declaredNames = declared.flatMap((arg) => arg.declarations.map(({ name }) => name.text));
  return {
    values,
    defaults: globalArgs(declared, nothing, target, mark),
    names: new Set([...values.keys(), ...declaredNames]),
    escape: mark,
  };
}

/** Expands a word of a FROM line; undefined where it cannot be. */
export function expandInFrom(
  word: Word,
  scope: GlobalScope,
  values: 'values' | 'defaults' = 'values',
): Expansion | undefined {
  return unlessBuildError(() => expand(word, scope[values], { escape: scope.escape }));
}
