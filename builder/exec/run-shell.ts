// An interactive shell in a step's sandbox, on the terminal of this process: the image's own, or the small
// one that the runner has in it where the image has none.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerStore } from './layer-store.ts';
import { needsNamespaces } from './needs-namespaces.ts';
import { endOfStep, type StepExit } from './run-step.ts';
import { type RunFolders, type RunWordsOptions, runWords } from './run-words.ts';
import { type Isolation, startTerminalRunner } from './runner.ts';
import { runnerPath } from './runner-path.ts';

/** Where the runner's own shell is, in a folder that goes with the step. */
const OWN_FOLDER = '/dev/.slipway';
const OWN_SHELL = `${OWN_FOLDER}/sh`;

/** In the order in which they are tried: which one there is shows when it is executed. */
const SHELLS: readonly (readonly string[])[] = [
  ['/bin/bash'],
  ['/bin/sh'],
  ['/bin/busybox', 'sh'],
  [OWN_SHELL, 'sh'],
];

export interface ShellOptions extends Omit<RunWordsOptions, 'folders'> {
  readonly isolation: Isolation;
  readonly layers: Pick<LayerStore, 'temporary'>;
  /** Layer folders, topmost first. */
  readonly lowers: readonly string[];
  /** What is written goes there; it may hold the changes of a step already. */
  readonly upper: string;
  /** The kind of the user's terminal, as TERM names it. */
  readonly term: string | undefined;
  readonly signal: AbortSignal;
}

/** Opens a shell where `spec` says, and returns how it ended. Throws what runStep throws. */
export async function runShell(options: ShellOptions): Promise<StepExit> {
  const hint = 'a shell needs a terminal of its own and a root that is mounted for it';
  needsNamespaces(options.isolation, 'a shell in a step', hint);
  for (const args of SHELLS) {
    const exit = await tryShell(options, args);
    if (exit.message === undefined) return exit;
  }
  throw new Error('the shell of the runner cannot be executed');
}

async function tryShell(options: ShellOptions, args: readonly string[]): Promise<StepExit> {
  const { isolation, layers, lowers, upper, term, spec, signal } = options;
  const folders = await shellFolders(layers, lowers, upper);
  const has = (name: string): boolean => spec.env.some((value) => value.startsWith(`${name}=`));
  const env = term === undefined || has('TERM') ? spec.env : [...spec.env, `TERM=${term}`];
  const own = ['bind', runnerPath(), OWN_SHELL, 'ro'];
  const words = [
    ...runWords({ ...options, spec: { ...spec, env, args }, folders }),
    ...['tmpfs', OWN_FOLDER, '4096', '755', ...own, 'readonly-path', OWN_FOLDER],
  ];
  const runner = startTerminalRunner(isolation, words);
  return endOfStep(runner, signal, () => runner.ended);
}

/** overlayfs wants an empty working folder each time that it is mounted. */
async function shellFolders(
  layers: Pick<LayerStore, 'temporary'>,
  lowers: readonly string[],
  upper: string,
): Promise<RunFolders> {
  const base = await layers.temporary();
  const [work, root, scratch] = [join(base, 'work'), join(base, 'root'), join(base, 's')];
  for (const path of [work, root, scratch]) mkdirSync(path);
  return { upper, root, scratch, stacked: { lowers, work } };
}
