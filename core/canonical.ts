// One byte sequence for one value: JSON with sorted keys and no white space. Keys of records and
// identities of trees and layers are digests of this form, so a change here is a change of the
// store's format version.

import { type Digest, sha256 } from './digest.ts';

export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

/** Returns the canonical text of `value`. Keys whose value is undefined are left out; a number that is not finite throws. */
export function canonicalJson(value: Canonical): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`not canonical: ${value}`);
    return JSON.stringify(value);
  }
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** Returns the digest of `value` in the domain `tag`; the tag keeps values of different kinds apart. */
export function digestOf(tag: string, value: Canonical): Digest {
  return sha256(`${tag}\0${canonicalJson(value)}`);
}

function isArray(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}
