// The flags of an instruction, checked against what it knows.

import { BuildError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Flag, Instruction, Word } from '../../../grammar/ast.ts';

/** `list` may be repeated; `bool` is `--x` or `--x=true|false`; the others need a value and come once. */
export type FlagKind = 'text' | 'bool' | 'list';

export type FlagValues<S extends Readonly<Record<string, FlagKind>>> = {
  readonly [Name in keyof S]: S[Name] extends 'list'
    ? readonly Word[]
    : S[Name] extends 'bool'
      ? boolean | undefined
      : Word | undefined;
};

/**
 * Returns the values of `instruction`'s flags by name; a text that is not given is undefined, a list
 * empty. Throws E_FLAG_UNKNOWN, E_FLAG_DUPLICATE or E_FLAG_VALUE with the flag's span.
 */
export function readFlags<const S extends Readonly<Record<string, FlagKind>>>(
  instruction: Instruction,
  known: S,
): FlagValues<S> {
  const values = new Map<string, Word | boolean | Word[]>();
  for (const flag of instruction.flags) {
    const kind = Object.hasOwn(known, flag.name) ? known[flag.name] : undefined;
    if (kind === undefined) throw unknownFlag(instruction, flag, Object.keys(known));
    const before = values.get(flag.name);
    if (Array.isArray(before)) before.push(text(flag));
    else if (before !== undefined) {
      throw new BuildError('E_FLAG_DUPLICATE', `--${flag.name} is given twice`, {
        span: flag.span,
      });
    } else
      values.set(
        flag.name,
        kind === 'bool' ? bool(flag) : kind === 'list' ? [text(flag)] : text(flag),
      );
  }
  const entries = Object.entries(known).map(([name, kind]) => [
    name,
    values.get(name) ?? (kind === 'list' ? [] : undefined),
  ]);
  return Object.fromEntries(entries);
}

function text(flag: Flag): Word {
  if (flag.value === undefined) {
    throw new BuildError('E_FLAG_VALUE', `--${flag.name} needs a value`, {
      span: flag.span,
      hint: `Write it as --${flag.name}=VALUE.`,
    });
  }
  return { text: flag.value, span: flag.valueSpan };
}

function bool(flag: Flag): boolean {
  const value = flag.value?.toLowerCase();
  if (value === undefined || value === 'true') return true;
  if (value === 'false') return false;
  throw new BuildError(
    'E_FLAG_VALUE',
    `--${flag.name} is true or false, not ${JSON.stringify(flag.value)}`,
    {
      span: flag.span,
    },
  );
}

function unknownFlag(instruction: Instruction, flag: Flag, known: readonly string[]): BuildError {
  const name = instruction.kind.toUpperCase();
  const near = suggest(flag.name, known);
  const all = known.map((each) => `--${each}`).join(', ');
  return new BuildError('E_FLAG_UNKNOWN', `${name} has no flag --${flag.name}`, {
    span: flag.span,
    hint: near
      ? `Did you mean --${near}?`
      : all === ''
        ? `${name} takes no flags.`
        : `It knows ${all}.`,
  });
}
