// Variables of a stage: what words expand to, and what RUN steps see.

export class Environment {
  readonly #values: Map<string, string>;
  #list: readonly string[] | undefined;

  constructor(values: Iterable<readonly [string, string]> = []) {
    this.#values = new Map(values);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Sets a variable; one that is set already keeps its place in the list. */
  set(name: string, value: string): void {
    this.#values.set(name, value);
    this.#list = undefined;
  }

  copy(): Environment {
    return new Environment(this.#values);
  }

  /** `NAME=value` each. The same array until a variable is set, so that many steps can share it. */
  list(): readonly string[] {
    this.#list ??= [...this.#values].map(([name, value]) => `${name}=${value}`);
    return this.#list;
  }

  /** Reads the form of `list`; of a name that is there twice the last value counts. */
  static from(list: readonly string[]): Environment {
    const environment = new Environment();
    for (const entry of list) {
      const equals = entry.indexOf('=');
      if (equals === -1) environment.set(entry, '');
      else if (equals > 0) environment.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
    return environment;
  }
}
