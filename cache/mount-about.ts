// What a cache mount says of itself: `about.json` beside its forms. The folder's name is the digest of what names the
// cache, so what is written there is believed only where it hashes to that name; a mount without it works all the same.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { type Digest, sha256 } from '../core/digest.ts';

export interface MountAbout {
  /** As `id=` has it, with the namespace before it and a NUL between them, where there is one. */
  readonly id: string;
  /** What it begins with: the source's content and the owner; '' is nothing, owned by root. */
  readonly begin: string;
}

const FILE = 'about.json';

/** The name of the cache: what its folder is called. */
export function mountName({ id, begin }: MountAbout): Digest {
  // Neither a namespace nor an id has two NULs in a row.
  return sha256(begin === '' ? id : `${id}\0\0${begin}`);
}

/** What the folder `container` of the cache `name` says; undefined where that is nothing, or not of that cache. */
export async function readAbout(container: string, name: Digest): Promise<MountAbout | undefined> {
  const text = await readFile(join(container, FILE), 'utf8').catch(() => '');
  const about = parseAbout(text);
  return about !== undefined && mountName(about) === name ? about : undefined;
}

/** Says it in `container`, which must be there. */
export async function writeAbout(container: string, { id, begin }: MountAbout): Promise<void> {
  await writeFileAtomic(join(container, FILE), async (file) => {
    await file.writeFile(`${JSON.stringify({ id, begin })}\n`);
  });
}

function parseAbout(text: string): MountAbout | undefined {
  try {
    const { id, begin } = JSON.parse(text) as Partial<MountAbout>;
    return typeof id === 'string' && typeof begin === 'string' ? { id, begin } : undefined;
  } catch {
    return undefined;
  }
}
