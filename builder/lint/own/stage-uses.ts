// Which stages go on from which, and which take files from which. Told by the Dockerfile's text alone,
// so that rules can ask it also of a Dockerfile whose bases are not known.

import { fromsOf } from '../../plan/stages/reach.ts';
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

/** Returns the uses of each stage. A name with a variable in it may mean every stage that it fits. */
export function stageUses(stages: readonly Stage[]): StageUses[] {
  return stages.map((stage) => {
    const froms = stage.commands.flatMap((typed) => {
      return fromsOf(typed.kind === 'onbuild' ? typed.trigger : typed);
    });
    const sources = froms.flatMap(([{ text }, mayBeIndex]) => {
      return mayBeIndex && /^\d{1,9}$/.test(text) ? [Number(text)] : meantBy(stages, stage, text);
    });
    const { text } = stage.from.image;
    return { bases: meantBy(stages, stage, text), isSure: !text.includes('$'), sources };
  });
}

/** Returns the stages that no other goes on from or takes files from. The last is one of them. */
export function ends(stages: readonly Stage[], uses: readonly StageUses[]): Stage[] {
  const used = new Set(uses.flatMap(({ bases, sources }) => [...bases, ...sources]));
  return stages.filter(({ index }) => !used.has(index));
}

function meantBy(stages: readonly Stage[], stage: Stage, name: string): number[] {
  const above = stages.slice(0, stage.index).filter(({ from }) => from.name !== undefined);
  const found = name.includes('$')
    ? above.filter(({ from }) => fits(name.toLowerCase(), from.name ?? ''))
    : above.filter(({ from }) => from.name === name.toLowerCase()).slice(-1);
  return found.map(({ index }) => index);
}

/** True where `name` may be what `pattern` becomes: any text may stand for a variable. */
function fits(pattern: string, name: string): boolean {
  const [start = '', ...rest] = pattern.split(/\$(?:\{[^}]*\}|\w+)/);
  const end = rest.at(-1) ?? '';
  return name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
}
