// Build arguments that nothing takes: a slip in a name is otherwise seen only in what the image lacks.

import type { EventSink } from '../core/events.ts';
import { suggest } from '../core/suggest.ts';
import type { DockerfileAst, Instruction } from '../grammar/ast.ts';
import type { ImageConfig } from '../image/model.ts';
import { isPlatformArg, isProxy } from './plan/stages/build-args.ts';

/** Warns of each argument that no ARG of the Dockerfile, and none that its bases bring with them, declares. */
export function warnOfUnusedArgs(
  { instructions }: DockerfileAst,
  buildArgs: ReadonlyMap<string, string>,
  images: ReadonlyMap<string, ImageConfig>,
  events: EventSink,
): void {
  const declared = new Set(instructions.flatMap(namesOf));
  const triggers = [...images.values()].flatMap(({ config }) => config?.OnBuild ?? []).join('\n');
  for (const name of buildArgs.keys()) {
    const isTaken = declared.has(name) || isForBuilder(name) || triggers.includes(name);
    if (isTaken) continue;
    const near = suggest(name, declared);
    const message = `no ARG declares the build argument ${name}${near ? `; did you mean ${near}?` : ''}`;
    events({ event: 'warning', code: 'UnusedBuildArg', message });
  }
}

function namesOf(node: Instruction): string[] {
  const command = node.kind === 'onbuild' ? node.trigger : node;
  return command.kind === 'arg' ? command.declarations.map(({ name }) => name.text) : [];
}

function isForBuilder(name: string): boolean {
  const isBuiltIn = name.startsWith('BUILDKIT_') || name === 'SOURCE_DATE_EPOCH';
  return isBuiltIn || isPlatformArg(name) || isProxy(name);
}
