// Variables of a stage: what words expand to, and what RUN steps see. A copy shares what it copied,
// so that a long chain of stages does not cost the square of its variables.

interface Variable {
  readonly value: string;
  /** `NAME=value`, kept so that the lists of many steps share one text. */
  readonly entry: string;
}

/** A copy of a copy of a copy ... is put together anew after this many. */
const MAX_LAYERS = 32;

export class Environment {
  readonly #below: Environment | undefined;
  readonly #layers: number;
  readonly #own = new Map<string, Variable>();
  #list: readonly string[] | undefined;
  #holdsNul: boolean;

  private constructor(below?: Environment) {
    this.#below = below;
    this.#layers = below === undefined ? 1 : below.#layers + 1;
    this.#holdsNul = below ? below.#holdsNul : false;
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

  get(name: string): string | undefined {
    for (let layer: Environment | undefined = this; layer !== undefined; layer = layer.#below) {
      const variable = layer.#own.get(name);
      if (variable !== undefined) return variable.value;
    }
    return undefined;
  }

  /** Sets a variable; one that is set already keeps its place in the list. */
  set(name: string, value: string): void {
    this.#own.set(name, { value, entry: `${name}=${value}` });
    this.#list = undefined;
    this.#holdsNul ||= name.includes('\0') || value.includes('\0');
  }

  /** True where a NUL character was ever set: such a list cannot be the environment of a process. */
  get holdsNul(): boolean {
    return this.#holdsNul;
  }

  /** Returns a copy; this one must not be set any more. */
  copy(): Environment {
    if (this.#layers < MAX_LAYERS) return new Environment(this);
    return Environment.from(this.list());
  }

  keys(): Iterable<string> {
    return this.#all().keys();
  }

  /** `NAME=value` each, in the order in which they were first set. */
  list(): readonly string[] {
    this.#list ??= [...this.#all().values()].map(({ entry }) => entry);
    return this.#list;
  }

  #all(): Map<string, Variable> {
    const layers: Environment[] = [];
    for (let layer: Environment | undefined = this; layer !== undefined; layer = layer.#below) {
      layers.push(layer);
    }
    const all = new Map<string, Variable>();
    for (const layer of layers.reverse()) {
      for (const [name, variable] of layer.#own) all.set(name, variable);
    }
    return all;
  }
}
