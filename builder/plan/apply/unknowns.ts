// What nobody knows of a stage's variables while mistakes are looked for: an instruction that is wrong,
// or a base image that was not looked up yet, may have set any. A word that asks for one is not judged,
// so that one mistake never makes another line look wrong.

import type { Variables } from '../expand/expand.ts';
import type { TypedCommand } from '../instructions/typed.ts';

/** Thrown by the expansion of a word that asks for a variable of which nothing is known. */
export class UnknownVariable extends Error {}

/** Returns what `work` returns, or undefined where an unknown variable decides. */
export function ifKnown<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnknownVariable) return undefined;
    throw error;
  }
}

export class Unknowns {
  /** Surely set, to something unknown. */
  readonly #lost: Set<string>;

  constructor(lost: Iterable<string> = []) {
    this.#lost = new Set(lost);
  }

  copy(): Unknowns {
    return new Unknowns(this.#lost);
  }

  /** What this instruction would have set is lost. */
  lose(typed: TypedCommand): void {
    for (const name of namesSetBy(typed)) this.#lost.add(name);
  }

  /** `variables` as far as they are known; asking for any other throws an UnknownVariable. */
  over(variables: Variables): Variables {
    return {
      get: (name) => {
        const value = this.#lost.has(name) ? undefined : variables.get(name);
        if (value === undefined) throw new UnknownVariable(name);
        return value;
      },
      keys: () => variables.keys(),
    };
  }
}

/** The variables that an instruction sets. */
function namesSetBy(typed: TypedCommand): string[] {
  if (typed.kind === 'arg') return typed.node.declarations.map(({ name }) => name.text);
  if (typed.kind !== 'setting' || typed.node.kind !== 'env') return [];
  return typed.node.pairs.map(({ key }) => key.text);
}
