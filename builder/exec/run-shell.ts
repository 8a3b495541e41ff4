// An interactive shell in a step's sandbox, on the terminal of this process: the image's own, or the small
// one that the runner has in it where the image has none.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerStore } from './layer-store.ts';
import { helperWords, type NetworkHelper } from './network.ts';
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

/** What the shell's root is made of: layer folders, topmost first, below what may hold a step's changes; or a folder. */
export type ShellPlace =
  | { readonly kind: 'stack'; readonly lowers: readonly string[]; readonly upper: string }
  | { readonly kind: 'folder'; readonly path: string };

export interface ShellOptions extends Omit<RunWordsOptions, 'folders'> {
  readonly isolation: Isolation;
  readonly layers: Pick<LayerStore, 'temporary'>;
  readonly place: ShellPlace;
  /** Makes the network of steps; undefined where they have the machine's, or none. */
  readonly helper: NetworkHelper | undefined;
  /** The kind of the user's terminal, as TERM names it. */
  readonly term: string | undefined;
  readonly signal: AbortSignal;
}

/** Opens a shell where `spec` says, and returns how it ended. Throws what runStep throws. */
export async function runShell(options: ShellOptions): Promise<StepExit> {
  for (const args of SHELLS) {
    const exit = await tryShell(options, args);
    if (exit.message === undefined) return exit;
  }
  throw new Error('the shell of the runner cannot be executed');
}

async function tryShell(options: ShellOptions, args: readonly string[]): Promise<StepExit> {
  const { isolation, layers, place, helper, term, spec, signal } = options;
  const base = await layers.temporary();
  const folders = shellFolders(base, place);
  const has = (name: string): boolean => spec.env.some((value) => value.startsWith(`${name}=`));
  const env = term === undefined || has('TERM') ? spec.env : [...spec.env, `TERM=${term}`];
  const words = [
    ...helperWords(helper),
    ...runWords({ ...options, spec: { ...spec, env, args }, folders }),
    ...ownShellWords(base, place),
  ];
  const runner = startTerminalRunner(isolation, words);
  return endOfStep(runner, signal, () => runner.ended);
}

/** The runner itself, read-only; in a folder that cannot be mounted on, a copy that goes with the shell. */
function ownShellWords(base: string, place: ShellPlace): string[] {
  if (place.kind === 'stack') {
    const own = ['bind', runnerPath(), OWN_SHELL, 'ro'];
    return ['tmpfs', OWN_FOLDER, '4096', '755', ...own, 'readonly-path', OWN_FOLDER];
  }
  const copy = join(base, 'sh');
  copyFileSync(runnerPath(), copy);
  return ['tmpfs', OWN_FOLDER, '0', '755', 'bind', copy, OWN_SHELL, 'rw'];
}

/** overlayfs wants an empty working folder each time that it is mounted. */
function shellFolders(base: string, place: ShellPlace): RunFolders {
  const [work, root, scratch] = [join(base, 'work'), join(base, 'root'), join(base, 's')];
  for (const path of [work, root, scratch]) mkdirSync(path);
  if (place.kind === 'folder') return { upper: work, root: place.path, scratch };
  return { upper: place.upper, root, scratch, stacked: { lowers: place.lowers, work } };
}
