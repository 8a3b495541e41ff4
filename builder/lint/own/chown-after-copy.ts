// A step that only changes owners or modes of files that were just copied puts all of them into a second layer.

import { posix } from 'node:path';
import type { Rule } from '../rule.ts';
import type { Program } from './run-commands.ts';
import { stageSteps } from './stage-steps.ts';

export const chownAfterCopy: Rule = {
  name: 'ChownAfterCopy',
  description: 'Owners and modes of copied files are given to COPY',
  url: undefined,
  experimental: true,
  *check(subject) {
    for (const { stage, steps } of stageSteps(subject)) {
      const programs = new Map(steps.map(({ node, programs }) => [node, programs]));
      const copied = new Set<string>();
      for (const typed of stage.commands) {
        if (typed.kind === 'files') copied.add(folderOf(typed.destination.text));
        if (typed.kind !== 'run') continue;
        const change = programs.get(typed.node)?.find((program) => changesAll(program, copied));
        if (change === undefined) continue;
        const flag = change.name === 'chown' ? '--chown' : '--chmod';
        const message = `${change.name} -R puts the copied files into a second layer; give COPY ${flag} in its place`;
        yield { at: typed.node, span: change.command.span, message };
      }
    }
  },
};

function changesAll({ name, args }: Program, copied: ReadonlySet<string>): boolean {
  if (name !== 'chown' && name !== 'chmod') return false;
  if (!args.some((arg) => /^-\w*R|^--recursive$/.test(arg))) return false;
  const [, ...paths] = args.filter((arg) => !arg.startsWith('-'));
  return paths.some((path) => copied.has(folderOf(path)));
}

/** Relative paths start at the working folder, which a stage rarely changes between the two. */
function folderOf(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/\*?$/, '');
}
