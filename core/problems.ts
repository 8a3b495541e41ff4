// Several errors from one run: independent mistakes are collected and thrown together, in the order of
// the file. Only BuildErrors are collected; a programmer's mistake goes straight through.

import { BuildError, isBuildError } from './errors.ts';

/** Whoever made more mistakes than this mends some first; a file that is no Dockerfile stays readable. */
const LIMIT = 100;

export class Problems {
  readonly #errors: BuildError[] = [];

  /** Takes an error and those that came with it; beyond the first hundred they are dropped. */
  add(error: BuildError): void {
    for (const each of [error, ...error.others]) {
      if (this.#errors.length < LIMIT) this.#errors.push(each);
    }
  }

  /** Returns what `work` returns, or undefined where it throws a BuildError, which is kept. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!isBuildError(error)) throw error;
      this.add(error);
      return undefined;
    }
  }

  get any(): boolean {
    return this.#errors.length > 0;
  }

  /** By place; those without one come last. */
  inOrder(): readonly BuildError[] {
    const place = ({ span }: BuildError) => span?.start ?? Number.POSITIVE_INFINITY;
    return [...this.#errors].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
  }

  /** Throws the first error, the rest as its `others`; returns where there is none. */
  throwIfAny(): void {
    const [first, ...others] = this.inOrder();
    if (first === undefined) return;
    if (others.length === 0 && first.others.length === 0) throw first;
    const { code, message, cause } = first;
    throw new BuildError(code, message, { ...first, cause, others });
  }
}
