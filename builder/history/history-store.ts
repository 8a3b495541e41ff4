// The history of builds: `builds/<id>.json` in the store. A file appears whole by a rename; it is not synced, since a build
// that a crash has taken out of the history is no loss. What cannot be read counts as not there. The newest are kept.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { removeFile } from '../../core/remove-file.ts';
import { type BuildRecord, HISTORY_FORMAT } from './build-record.ts';

/** How many builds are kept, and how many bytes one may take. */
export const KEPT_BUILDS = 100;
const MAX_BYTES = 1 << 20;

const FOLDER = 'builds';
const NAME = /^(\d{8}-\d{6}-[0-9a-f]{6})\.json$/;

/** Keeps a build, and of the others the newest. Throws what the system says. */
export function keepBuild(home: string, build: BuildRecord): void {
  const folder = join(home, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${build.id}`);
  writeFileSync(temporary, encode(build));
  renameSync(temporary, join(folder, `${build.id}.json`));
  const ids = idsIn(home);
  for (const id of ids.slice(KEPT_BUILDS)) removeFile(join(folder, `${id}.json`));
}

/** The builds that are kept, the newest first. */
export function* listBuilds(home: string): Generator<BuildRecord> {
  for (const id of idsIn(home)) {
    const build = readBuild(home, id);
    if (build !== undefined) yield build;
  }
}

/** Forgets all builds. */
export function forgetBuilds(home: string): void {
  rmSync(join(home, FOLDER), { recursive: true, force: true });
}

function idsIn(home: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(home, FOLDER));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .sort()
    .reverse();
}

function readBuild(home: string, id: string): BuildRecord | undefined {
  try {
    const text = readFileSync(join(home, FOLDER, `${id}.json`), 'utf8');
    const build = JSON.parse(text) as BuildRecord;
    const isWhole =
      build.format === HISTORY_FORMAT && build.id === id && Array.isArray(build.steps);
    return isWhole ? build : undefined;
  } catch {
    return undefined;
  }
}

/** A build of very many changes is kept without the paths: its words say the first of them. */
function encode(build: BuildRecord): string {
  const whole = JSON.stringify(build);
  if (whole.length <= MAX_BYTES) return whole;
  const steps = build.steps.map(({ cause: _, origins: __, ...step }) => step);
  return JSON.stringify({ ...build, steps });
}
