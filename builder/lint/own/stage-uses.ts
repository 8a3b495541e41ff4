// Which stages go on from which, and which take files from which. Told by the Dockerfile's text alone,
// so that rules can ask it also of a Dockerfile whose bases are not known.

import { fromsOf } from '../../plan/stages/reach.ts';
import { StageNames } from '../../plan/stages/stage-names.ts';
import type { Stage } from '../../plan/stages/stages.ts';

/** What a stage is made from, as indexes of other stages. */
export interface StageUses {
  /** The stage in its FROM; where a variable decides, all that it may be. */
  readonly bases: readonly number[];
  /** False where a variable decides which of `bases` it is, if it is one of them at all. */
  readonly isSure: boolean;
  /** Stages that a COPY or a mount of it takes files from. */
  readonly sources: readonly number[];
}

/** Returns the uses of each stage by its index. A name with a variable in it may mean every stage that it fits. */
export function stageUses(stages: readonly Stage[]): ReadonlyMap<number, StageUses> {
  const names = new StageNames(stages);
  const meantBy = (stage: Stage, name: string): readonly number[] => {
    if (name.includes('$')) return fitting(name.toLowerCase(), stage, stages);
    const found = names.above(stage.index, name);
    return found === undefined ? [] : [found.index];
  };
  const usesOf = (stage: Stage): StageUses => {
    const { text } = stage.from.image;
    const froms = stage.commands.flatMap((typed) => {
      return fromsOf(typed.kind === 'onbuild' ? typed.trigger : typed);
    });
    const sources = froms.flatMap(([from, mayBeIndex]) => {
      return mayBeIndex && /^\d{1,9}$/.test(from.text)
        ? [Number(from.text)]
        : meantBy(stage, from.text);
    });
    return { bases: meantBy(stage, text), isSure: !text.includes('$'), sources };
  };
  return new Map(stages.map((stage) => [stage.index, usesOf(stage)]));
}

/** Returns the stages that no other goes on from or takes files from. The last is one of them. */
export function ends(stages: readonly Stage[], uses: ReadonlyMap<number, StageUses>): Stage[] {
  const used = new Set<number>();
  for (const { bases, sources } of uses.values()) {
    for (const index of bases) used.add(index);
    for (const index of sources) used.add(index);
  }
  return stages.filter(({ index }) => !used.has(index));
}

/** The stages above with names that `pattern` may become: any text may stand for a variable. */
function fitting(pattern: string, { index }: Stage, stages: readonly Stage[]): number[] {
  const [start = '', ...rest] = pattern.split(/\$(?:\{[^}]*\}|\w+)/);
  const end = rest.at(-1) ?? '';
  const shortest = start.length + end.length;
  const found: number[] = [];
  for (const { index: above, from } of stages) {
    if (above >= index) break;
    const { name } = from;
    if (name === undefined || name.length < shortest) continue;
    if (name.startsWith(start) && name.endsWith(end)) found.push(above);
  }
  return found;
}
