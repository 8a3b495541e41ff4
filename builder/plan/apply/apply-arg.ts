// ARG in a stage: from here on the argument is a variable of the stage.

import type { ArgInstruction } from '../../../grammar/ast.ts';
import { type ArgOptions, givenArg } from '../stages/build-args.ts';
import { argText, record } from './history.ts';
import { expandIn, type StageState } from './stage-state.ts';

/** Arguments that speak to a builder and are never variables of a step. */
const NOT_VARIABLES = ['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'];

/** False for an argument that only speaks to a builder. */
export function isVariable(name: string): boolean {
  return !NOT_VARIABLES.includes(name);
}

/**
 * Applies ARG: the value is what --build-arg gave, else the default, else what an ARG of the same
 * name above the first FROM (or the platform) says; without any, the name stays unset. Throws E_EXPANSION.
 */
export function applyArg(
  state: StageState,
  node: ArgInstruction,
  globals: ReadonlyMap<string, string>,
  options: ArgOptions,
): void {
  const shown: string[] = [];
  for (const { name, value } of node.declarations) {
    const given = givenArg(name.text, options);
    const result = given ?? (value ? expandIn(state, value) : globals.get(name.text));
    shown.push(result === undefined ? name.text : `${name.text}=${argText(name.text, result)}`);
    if (result !== undefined && isVariable(name.text)) {
      state.variables.set(name.text, result);
    }
    state.args.set(name.text, result ?? '');
  }
  state.history = record(state.history, `ARG ${shown.join(' ')}`);
}
