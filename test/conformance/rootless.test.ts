// Some of the cases, built by an ordinary user: what owners, modes, links and deletions become where
// nobody is root.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type OrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { type BaseImage, makeBases, SOURCES } from './bases.ts';
import { parseCases } from './case-file.ts';
import { describeImage, readImage } from './describe-image.ts';
import { parseExpected, timedPaths } from './expected-file.ts';
import { flagsIn, layOut } from './lay-out.ts';

const CASES = [
  ['copy-files', '--chown by number and by name'],
  ['add', 'an archive with --chown and --chmod'],
  ['details', 'setuid, setgid and sticky through stages'],
  ['run', 'files that are removed, replaced, renamed'],
  ['run', 'modes, owners, times'],
  ['run', 'users and groups of a step'],
  ['run', 'what of /etc, /proc, /sys and /dev a step leaves'],
  ['workdir', 'directories belong to the USER'],
] as const;

let user: OrdinaryUser | undefined;
let work: string | undefined;
let bases: Promise<readonly BaseImage[]> | undefined;

afterAll(() => {
  user?.remove();
  if (work !== undefined) rmSync(work, { recursive: true, force: true });
});

test.for(CASES)('%s: %s', async ([topic, name], context) => {
  requiresPrograms(context, 'useradd', 'userdel', 'newuidmap', 'newgidmap', 'busybox');
  requires(context, process.getuid?.() === 0, 'root, which can make an ordinary user');
  user ??= ordinaryUser();
  requires(context, user !== undefined, 'the right to make a user');
  work ??= mkdtempSync(join(tmpdir(), 'slipway-conformance-'));
  bases ??= makeBases(SOURCES, join(work, 'bases'), async (words) => asUser(words));

  const file = `${topic}.txt`;
  const each = parseCases(readFileSync(join(SOURCES, 'cases', file), 'utf8')).find(
    (one) => one.name === name,
  );
  if (each === undefined) throw new Error(`${topic} has no case "${name}"`);
  const expected = parseExpected(readFileSync(join(SOURCES, 'expected', file), 'utf8'));
  const wanted = expected.get(name) ?? [];
  const folder = mkdtempSync(join(work, 'case-'));
  const [folderOfCase, layout] = [join(folder, 'context'), join(folder, 'layout')];
  const known = await bases;
  layOut(each, folderOfCase);
  const output = `type=oci,tar=false,dest=${layout}`;
  asUser(['build', '--no-cache', '-o', output, ...flagsIn(each, folderOfCase), folderOfCase]);
  expect(await describeImage(readImage(layout), known, timedPaths(wanted))).toEqual(wanted);
});

/** Runs the program as the user, to whom everything in `work` is given first. */
function asUser(words: readonly string[]): void {
  if (user === undefined || work === undefined) throw new Error('there is no user yet');
  // The archive of a base lies in a folder of root's.
  const args = words.map((word, index) => {
    if (words[0] !== 'load' || index !== 2) return word;
    const copy = join(work ?? '', 'base.tar');
    copyFileSync(word, copy);
    return copy;
  });
  chmodSync(work, 0o755);
  spawnSync('chown', ['-R', '-h', String(user.uid), work]);
  const { status, stderr } = user.slipway(join(work, 'home'), args);
  if (status !== 0) throw new Error(stderr);
}
