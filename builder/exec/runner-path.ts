// Where the native runner is: as the caller says, else in the package for this processor (npm/README.md), else built
// from source beside the program. A runner of another version says so itself when it is started.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BuildError } from '../../core/errors.ts';

const SCOPE = '@slipway';

let given: string | undefined;

/** Says which runner is to be used, whatever else there is: SLIPWAY_RUNNER_PATH. */
export function useRunner(path: string | undefined): void {
  given = path;
}

/** The runner's path. Throws E_RUNNER_MISSING. */
export function runnerPath(): string {
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    throw new BuildError('E_RUNNER_MISSING', `there is no runner at ${given}`, {
      hint: 'SLIPWAY_RUNNER_PATH names it; unset it for the one that comes with slipway',
    });
  }
  const found = packaged(packageName()) ?? built();
  if (found !== undefined) return found;
  throw new BuildError('E_RUNNER_MISSING', 'the runner that isolates RUN steps is not there', {
    hint: `${likelyCause()}; or build it with a C compiler and make: make -C ${sources()}`,
  });
}

const packageName = (arch: string = process.arch): string => `${SCOPE}/runner-linux-${arch}`;

function packaged(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${name}/slipway-runner`);
  } catch {
    return undefined;
  }
}

/** Beside the bundle or the sources. */
function built(): string | undefined {
  return ['../runner-native/', '../../runner-native/']
    .map((folder) => fileURLToPath(new URL(`${folder}build/slipway-runner`, import.meta.url)))
    .find((path) => existsSync(path));
}

function sources(): string {
  const folders = ['../runner-native', '../../runner-native'].map((folder) =>
    fileURLToPath(new URL(folder, import.meta.url)),
  );
  return folders.find((path) => existsSync(path)) ?? 'runner-native';
}

/** What usually keeps the package away. */
function likelyCause(): string {
  const others = ['x64', 'arm64'].filter((arch) => arch !== process.arch);
  const other = others.find((arch) => packaged(packageName(arch)) !== undefined);
  if (other !== undefined) {
    return `node_modules was installed for ${other} and this is ${process.arch}: install again here`;
  }
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    return `there is no package of it for ${process.arch}`;
  }
  return `install without --omit=optional (or --no-optional), so that ${packageName()} comes too`;
}
