// slipway itself, as built in this checkout.

import { join } from 'node:path';
import { PROGRAM } from '../../scripts/lib/slipway.mjs';
import { run, versionOf } from '../lib/program.mjs';

export const name = 'slipway';
export const formats = ['oci', 'docker'];

/** The version, or undefined where the program is not there. */
export const version = () => versionOf(process.execPath, [PROGRAM, 'version']);

/** A builder with an empty store in `folder`. */
export async function open(folder) {
  const env = { ...process.env, SLIPWAY_HOME: join(folder, 'store') };
  const slipway = (...args) => run(process.execPath, [PROGRAM, ...args], { env });
  return {
    /** Takes the base image from a docker archive. */
    load: (base) => slipway('load', '-i', base),
    /** Builds into the store, or into an archive. */
    build: (context, archive) =>
      archive
        ? slipway('build', '-q', '-o', `type=${archive.format},dest=${archive.path}`, context)
        : slipway('build', '-q', '-t', 'bench', context),
    close: async () => {},
  };
}
