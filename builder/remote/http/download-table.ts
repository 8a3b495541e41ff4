// What was fetched from which address, so that the next build need only ask whether it is still that. The
// address is in the key, hashed: it may carry secrets. The bytes are a blob of the store.

import type { Table } from '../../../cache/database.ts';
import { digestKey } from '../../../cache/records.ts';
import { digestOf } from '../../../core/canonical.ts';
import { type Digest, parseDigest } from '../../../core/digest.ts';

export interface Download {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly etag: string | undefined;
  /** The header as it came. */
  readonly lastModified: string | undefined;
  /** Milliseconds since the epoch. */
  readonly used: number;
}

/** What `url` gave last, if anything. */
export function findDownload(table: Table, url: URL): Download | undefined {
  const bytes = table.get(keyOf(url));
  return bytes === undefined ? undefined : decodeDownload(bytes);
}

/** Notes what `url` gave. */
export function noteDownload(table: Table, url: URL, download: Download): void {
  table.put(keyOf(url), Buffer.from(JSON.stringify(download)));
}

/** A value that is not whole counts as absent. */
export function decodeDownload(bytes: Uint8Array): Download | undefined {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Download;
    const whole = parseDigest(value.digest) !== undefined && Number.isSafeInteger(value.size);
    return whole && typeof value.used === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(url: URL): Buffer {
  return digestKey(digestOf('slipway-download/1', url.href));
}
