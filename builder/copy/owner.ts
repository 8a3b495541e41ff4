// Who owns what a COPY or WORKDIR makes: `user[:group]` by number or by the names in the image's own
// /etc/passwd and /etc/group. Those files are the image's, so they are read from the tree (regular
// files only, links resolved inside the image, a size limit): never from a file system.
// CVE-2024-9676 was a builder that followed a link there to a pipe.

import { BuildError } from '../../core/errors.ts';
import type { CopySource } from './source.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export const ROOT: Owner = { uid: 0, gid: 0 };

/** No passwd file of a real system comes near this. */
const MAX_BYTES = 1 << 20;

/** Whom a spec means, and which of its names the image does not know. */
export interface FoundOwner {
  readonly owner: Owner;
  /** `user "x"`, `group "y"`: root, and the user's own group, stand for them. */
  readonly unknown: readonly string[];
}

/**
 * Resolves `spec` against the files of `image`; '' is root, and so is a user that the image does not know, as in
 * the reference. Without a group, a user given by name has the group that passwd says, and one given by
 * number the group of the same number. Throws E_UNKNOWN_USER for a name where those files are none, and in an
 * image with nothing in it.
 */
export async function resolveOwner(image: CopySource, spec: string): Promise<FoundOwner> {
  const colon = spec.indexOf(':');
  const userText = colon === -1 ? spec : spec.slice(0, colon);
  const user = await findUser(image, userText);
  if (colon === -1) return user;
  const groupText = spec.slice(colon + 1);
  const gid = await findGroup(image, groupText);
  if (gid !== undefined) return { ...user, owner: { uid: user.owner.uid, gid } };
  return { ...user, unknown: [...user.unknown, `group ${JSON.stringify(groupText)}`] };
}

/** What to tell of an owner that was not found; undefined where nothing is amiss. */
export function ownerNote(spec: string, { owner, unknown }: FoundOwner): string | undefined {
  if (unknown.length === 0) return undefined;
  return `the image has no ${unknown.join(' and no ')} (from "${spec}"): the owner is ${owner.uid}:${owner.gid}`;
}

async function findUser(image: CopySource, text: string): Promise<FoundOwner> {
  const id = numeric(text);
  if (id !== undefined) return { owner: { uid: id, gid: id }, unknown: [] };
  if ((await image.list('')).length === 0) throw nobody(text);
  const fields = await lookUp(image, 'etc/passwd', text);
  if (fields === undefined) return { owner: ROOT, unknown: [`user ${JSON.stringify(text)}`] };
  return { owner: { uid: idIn(fields, 2), gid: idIn(fields, 3) }, unknown: [] };
}

async function findGroup(image: CopySource, text: string): Promise<number | undefined> {
  const id = numeric(text);
  if (id !== undefined) return id;
  const fields = await lookUp(image, 'etc/group', text);
  return fields && idIn(fields, 2);
}

/** The id in a field of a line: 0 where it is missing or no number, as in the reference. */
function idIn(fields: readonly string[], index: number): number {
  return numeric(fields[index]) ?? 0;
}

/** The fields of the line whose first field is `name`. */
async function lookUp(
  image: CopySource,
  path: string,
  name: string,
): Promise<readonly string[] | undefined> {
  const text = await readSmallFile(image, path);
  return text
    ?.split('\n')
    .map((line) => line.trim().split(':'))
    .find((fields) => fields[0] === name);
}

async function readSmallFile(image: CopySource, path: string): Promise<string | undefined> {
  const node = await image.stat(path);
  if (node === undefined) return undefined;
  const [entry] = node.isDirectory ? [] : await image.walk(node);
  if (entry?.type !== 'file' || entry.size > MAX_BYTES) throw unusable(path);
  const chunks: Uint8Array[] = [];
  for await (const content of image.read([{ path: node.path, entry }])) {
    for await (const chunk of content.chunks) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The id that `text` says. Ids are 32 bits without a sign; the highest is the kernel's "no id". */
function numeric(text: string | undefined): number | undefined {
  if (text === '' || text === 'root') return 0;
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff
    ? Number(text)
    : undefined;
}

function unusable(path: string): BuildError {
  return new BuildError('E_UNKNOWN_USER', `/${path} of the image is no file with names`, {
    hint: 'give the owner by number',
  });
}

function nobody(name: string): BuildError {
  return new BuildError('E_UNKNOWN_USER', `there is no user "${name}" in an empty image`, {
    hint: 'copy an /etc/passwd into it first, or give the owner by number',
  });
}
