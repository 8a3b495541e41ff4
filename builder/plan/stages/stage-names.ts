// Stages by their names. Several may have one name: it means the nearest above the place where it stands.

import type { Stage } from './stages.ts';

export class StageNames {
  /** Those with each name (in lower case), in the order of the file. */
  readonly #stages = new Map<string, Stage[]>();

  constructor(stages: readonly Stage[]) {
    for (const stage of stages) {
      const { name } = stage.from;
      if (name === undefined) continue;
      const same = this.#stages.get(name);
      if (same === undefined) this.#stages.set(name, [stage]);
      else same.push(stage);
    }
  }

  /** Each name once, in lower case. */
  get all(): Iterable<string> {
    return this.#stages.keys();
  }

  /** Returns the nearest stage above the one with this index, whatever the case of `name`. */
  above(index: number, name: string): Stage | undefined {
    return this.#named(name).findLast((stage) => stage.index < index);
  }

  /** Returns the first stage of that name. */
  first(name: string): Stage | undefined {
    return this.#named(name)[0];
  }

  #named(name: string): readonly Stage[] {
    return this.#stages.get(name.toLowerCase()) ?? [];
  }
}
