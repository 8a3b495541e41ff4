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

/**
 * Resolves `spec` against the files of `image`; '' is root. Without a group, a user given by name has
 * the group that passwd says, and one given by number the group of the same number, as in the
 * reference. Throws E_UNKNOWN_USER.
 */
export async function resolveOwner(image: CopySource, spec: string): Promise<Owner> {
  if (spec === '') return ROOT;
  const [userText = '', groupText] = spec.split(':', 2);
  const user = await findUser(image, userText, spec);
  if (groupText === undefined || groupText === '') return user;
  const gid = numeric(groupText) ?? numeric((await lookUp(image, 'etc/group', groupText))?.[2]);
  if (gid === undefined) throw unknown('group', groupText, spec);
  return { uid: user.uid, gid };
}

async function findUser(image: CopySource, text: string, spec: string): Promise<Owner> {
  const id = text === '' ? 0 : numeric(text);
  if (id !== undefined) return { uid: id, gid: id };
  const fields = await lookUp(image, 'etc/passwd', text);
  const uid = numeric(fields?.[2]);
  if (uid === undefined) throw unknown('user', text, spec);
  return { uid, gid: numeric(fields?.[3]) ?? 0 };
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
    .map((line) => line.split(':'))
    .find((fields) => fields[0] === name);
}

async function readSmallFile(image: CopySource, path: string): Promise<string | undefined> {
  const node = await image.stat(path);
  if (node === undefined || node.isDirectory) return undefined;
  const [entry] = await image.walk(node);
  if (entry?.type !== 'file' || entry.size > MAX_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const content of image.read([{ path: node.path, entry }])) {
    for await (const chunk of content.chunks) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Ids are 32 bits without a sign; the highest is the kernel's "no id". */
function numeric(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff
    ? Number(text)
    : undefined;
}

function unknown(what: 'user' | 'group', name: string, spec: string): BuildError {
  return new BuildError(
    'E_UNKNOWN_USER',
    `there is no ${what} "${name}" in the image (from "${spec}")`,
    {
      hint: `create it in an earlier RUN, or give its number`,
    },
  );
}
