// Which paths of one layer are directories, kept while its entries come in. It refuses a layer in
// which one path is both a directory and something else, or in which an entry lies below something
// that is no directory: unpackers disagree on what such a layer means, and "a symlink, then a file
// through it" is how crafted archives write where they should not (CVE-2026-42574, CVE-2026-17106).

import { BuildError } from '../../core/errors.ts';

/** The path of the directory that holds `path`; undefined for the root. */
export function parentOf(path: string): string | undefined {
  if (path === '') return undefined;
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export class LayerPaths {
  /** True for a directory, false for anything else that has an entry. */
  readonly #isDirectory = new Map<string, boolean>([['', true]]);
  readonly #limit: number;

  /** `limit`: how many paths there may be, implied directories included. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a path of the layer and returns the directories above it that no entry has named so far, outermost
   * first; the root is always there. Throws E_LAYER_INVALID where the path contradicts an earlier one.
   */
  place(path: string, isDirectory: boolean): string[] {
    const known = this.#isDirectory.get(path);
    if (known !== undefined && known !== isDirectory) {
      throw invalid(`the layer has ${quote(path)} both as a directory and as something else`);
    }
    const implied: string[] = [];
    if (known !== undefined) return implied;
    for (let up = parentOf(path); up !== undefined; up = parentOf(up)) {
      const kind = this.#isDirectory.get(up);
      if (kind === true) break;
      if (kind === false) {
        throw invalid(`the layer has ${quote(path)} below ${quote(up)}, which is not a directory`);
      }
      this.#set(up, true);
      implied.push(up);
    }
    this.#set(path, isDirectory);
    return implied.reverse();
  }

  /** True for a directory, false for another entry, undefined where there is none. */
  kindOf(path: string): boolean | undefined {
    return this.#isDirectory.get(path);
  }

  #set(path: string, isDirectory: boolean): void {
    this.#isDirectory.set(path, isDirectory);
    if (this.#isDirectory.size > this.#limit) {
      throw new BuildError('E_LAYER_LIMIT', `the layer has more than ${this.#limit} paths`);
    }
  }
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}

function quote(path: string): string {
  return JSON.stringify(path);
}
