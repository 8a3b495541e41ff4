// Which stages go on from which, and which take files from which. Told by the Dockerfile's text alone,
// so that rules can ask it also of a Dockerfile whose bases are not known.

import { fromsOf } from '../../plan/stages/reach.ts';
import type { Stage } from '../../plan/stages/stages.ts';

export interface StageUses {
  /** Indexes of stages that another stage names in its FROM. */
  readonly asBase: ReadonlySet<number>;
  /** Indexes of stages that a COPY or a mount takes files from. */
  readonly asSource: ReadonlySet<number>;
}

/** Finds the uses of each stage by the others. A name with a variable in it may mean every stage that it fits. */
export function stageUses(stages: readonly Stage[]): StageUses {
  const asBase = new Set<number>();
  const asSource = new Set<number>();
  for (const stage of stages) {
    for (const index of meantBy(stages, stage, stage.from.image.text)) asBase.add(index);
    for (const [from, mayBeIndex] of stage.commands.flatMap(fromsOf)) {
      if (mayBeIndex && /^\d{1,9}$/.test(from.text)) asSource.add(Number(from.text));
      else for (const index of meantBy(stages, stage, from.text)) asSource.add(index);
    }
  }
  return { asBase, asSource };
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
