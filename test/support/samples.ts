// The samples and what their expect.json says (its fields are described in samples/README.md).

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './peers.ts';

export interface Sample {
  readonly name: string;
  /** The context; the Dockerfile is in it. */
  readonly folder: string;
  readonly expect: Expectations;
}

export interface Expectations {
  readonly shows: string;
  readonly bases: readonly string[];
  readonly network: boolean;
  readonly run: readonly ExpectedRun[];
  readonly files: Readonly<Record<string, ExpectedFile | null>>;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface ExpectedRun {
  readonly command?: readonly string[];
  readonly stdout?: string;
  readonly matches?: readonly string[];
}

export interface ExpectedFile {
  readonly type: 'file' | 'dir' | 'symlink';
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string;
}

/** Every folder of samples/ that has an expect.json, in the order of their names. */
export function allSamples(): Sample[] {
  const root = join(CHECKOUT, 'samples');
  return readdirSync(root)
    .sort()
    .map((name) => ({ name, folder: join(root, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'expect.json')))
    .map(({ name, folder }) => ({
      name,
      folder,
      expect: JSON.parse(readFileSync(join(folder, 'expect.json'), 'utf8')) as Expectations,
    }));
}

/** What an unpacked root file system has at a path, in the form that expect.json uses. */
export function fileAt(rootfs: string, path: string, wanted: ExpectedFile): ExpectedFile | null {
  const at = join(rootfs, path);
  const stat = lstatSync(at, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const type = stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : 'file';
  const mode = `0${(stat.mode & 0o7777).toString(8)}`;
  return {
    type,
    ...(wanted.mode !== undefined && { mode }),
    ...(wanted.uid !== undefined && { uid: stat.uid }),
    ...(wanted.gid !== undefined && { gid: stat.gid }),
    ...(wanted.content !== undefined && { content: readFileSync(at, 'utf8') }),
  };
}
