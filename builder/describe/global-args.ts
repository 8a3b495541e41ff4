// The ARGs above the first FROM, each with its value and with the others that its value is made of:
// an argument that a target uses brings those with it into the outline.

import type { ArgInstruction, EscapeCharacter } from '../../grammar/ast.ts';
import { expand } from '../plan/expand/expand.ts';
import { type ArgOptions, givenArg } from '../plan/stages/build-args.ts';
import { docComment } from './doc-comment.ts';
import { instructionLines } from './instruction-lines.ts';
import type { OutlineArg } from './outline-entry.ts';

export interface GlobalArgs {
  /** What FROM lines may use: these arguments and the platform's. */
  readonly values: ReadonlyMap<string, string>;
  /** By name; of a name that is declared twice the last declaration counts. */
  readonly args: ReadonlyMap<string, GlobalArg>;
}

export interface GlobalArg extends OutlineArg {
  /** Names in its default value that were set at that point. */
  readonly madeOf: ReadonlySet<string>;
}

/** Reads the declarations in order; `platform` holds the arguments that need none. Throws E_EXPANSION. */
export function readGlobalArgs(
  declared: readonly ArgInstruction[],
  platform: ReadonlyMap<string, string>,
  options: ArgOptions,
  escapeCharacter: EscapeCharacter,
): GlobalArgs {
  const values = new Map(platform);
  const args = new Map<string, GlobalArg>();
  for (const node of declared) {
    for (const { name, value: written } of node.declarations) {
      const given = givenArg(name.text, options);
      const expanded =
        given === undefined && written !== undefined
          ? expand(written, values, { escape: escapeCharacter })
          : undefined;
      const value = given ?? expanded?.text;
      if (value !== undefined) values.set(name.text, value);
      args.set(name.text, {
        name: name.text,
        description: docComment(node.comments, name.text),
        value: value ?? '',
        lines: instructionLines(node),
        madeOf: madeOf(name.text, expanded?.matched ?? new Set(), args),
      });
    }
  }
  return { values, args };
}

/** An argument that is made of an earlier one of its own name is made of what that one was. */
function madeOf(
  name: string,
  matched: ReadonlySet<string>,
  args: ReadonlyMap<string, GlobalArg>,
): Set<string> {
  const others = new Set(matched);
  if (others.delete(name)) for (const each of args.get(name)?.madeOf ?? []) others.add(each);
  return others;
}
