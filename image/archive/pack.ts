// A tar of blobs and small files, streamed. One pinned form: no owner, no times, fixed modes.

import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';

export interface Member {
  /** A directory's ends in a slash. */
  readonly name: string;
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A member with these bytes. */
export function textMember(name: string, content: string | Buffer): Member {
  const bytes = Buffer.from(content);
  return { name, size: bytes.byteLength, open: () => [bytes] };
}

/** Yields a tar of the members, in their order. Throws what a member's `open` throws, and nothing of the tar is whole then. */
export async function* packMembers(members: readonly Member[]): AsyncIterable<Uint8Array> {
  const {
    default: { pack },
  } = await import('tar-stream');
  const tar = pack();
  let failure: { readonly error: unknown } | undefined;
  const feeding = feed(tar, members).catch((error: unknown) => {
    failure ??= { error };
    tar.destroy();
  });
  try {
    yield* tar as AsyncIterable<Uint8Array>;
  } catch (error) {
    failure ??= { error };
  } finally {
    // The consumer may have left the loop: that ends the feeding too.
    tar.destroy();
    await feeding;
  }
  if (failure !== undefined) throw failure.error;
}

async function feed(tar: Pack, members: readonly Member[]): Promise<void> {
  for (const { name, size, open } of members) {
    const directory = name.endsWith('/');
    const entry = tar.entry({
      name,
      size,
      type: directory ? 'directory' : 'file',
      mode: directory ? 0o755 : 0o644,
      mtime: new Date(0),
    });
    if (directory) entry.end(undefined);
    else await pipeline(open(), entry);
  }
  tar.finalize();
}
