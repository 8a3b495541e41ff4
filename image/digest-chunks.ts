// The digest of a file's content as it comes out of an archive or the runner.

import { type Digest, finishDigest, sha256, startDigest } from '../core/digest.ts';
import type { MemberContent } from './stream/file-chunks.ts';

/** Reads `content` to its end and returns its sha256. */
export async function digestChunks(content: MemberContent): Promise<Digest> {
  // Most files are small and there already: no wait for them, and one call of the hash.
  const whole = content.takeBuffered();
  if (whole !== undefined) return sha256(whole);
  const hash = startDigest();
  for await (const chunk of content) hash.update(chunk);
  return finishDigest(hash);
}
