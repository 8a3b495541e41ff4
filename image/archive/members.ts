// The members of an archive by name: whole small ones, streams of large ones, links followed by name.

import type { FileHandle } from 'node:fs/promises';
import { collectChunks } from '../../cache/blob-verify.ts';
import { readChunks } from '../../core/read-chunks.ts';
import { safeText } from '../../core/safe-text.ts';
import { MAX_INDEX_BYTES } from '../layout/index-file.ts';
import { invalid, type TarIndex, truncated } from './tar-index.ts';

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40;

export interface ArchiveMembers {
  readonly place: string;
  has(name: string): boolean;
  /** Opens a file, its bytes unchecked; undefined where there is none. Throws E_ARCHIVE_TRUNCATED where its lack has that reason. */
  open(
    name: string,
  ): { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } | undefined;
  /** Reads a file of metadata whole. Throws E_ARCHIVE_INVALID where it is not there or too large for that. */
  readSmall(name: string): Promise<Buffer>;
  /** The error for a member that must be there. */
  missing(name: string): Error;
}

/** The members of the tar in `file`, which stays open as long as they are read. */
export function archiveMembers(file: FileHandle, index: TarIndex, place: string): ArchiveMembers {
  const find = (name: string): { offset: number; size: number } | undefined => {
    let member = index.members.get(name);
    for (let links = 0; member?.type === 'link'; links++) {
      if (links === MAX_LINKS) throw invalid(place, `the link ${safeText(name)} leads in a circle`);
      member = index.members.get(member.target);
    }
    return member;
  };
  const missing = (name: string): Error =>
    index.complete ? invalid(place, `it lacks ${safeText(name)}`) : truncated(place);
  return {
    place,
    missing,
    has: (name) => find(name) !== undefined,
    open(name) {
      const member = find(name);
      if (member === undefined && !index.complete) throw truncated(place);
      return member && { size: member.size, chunks: readChunks(file, member.offset, member.size) };
    },
    async readSmall(name) {
      const member = find(name);
      if (member === undefined) throw missing(name);
      const tooLarge = (): Error => invalid(place, `its ${safeText(name)} is too large`);
      if (member.size > MAX_INDEX_BYTES) throw tooLarge();
      return await collectChunks(
        readChunks(file, member.offset, member.size),
        MAX_INDEX_BYTES,
        tooLarge,
      );
    },
  };
}
