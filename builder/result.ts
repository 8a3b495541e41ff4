// What a build comes to.

import type { Digest } from '../core/digest.ts';
import type { Descriptor } from '../image/model.ts';

export interface BuildResult {
  /** What the files of the result come to, whatever their times are. */
  readonly tree: Digest;
  /** The image's manifest digest; undefined where no output is an image. */
  readonly digest: Digest | undefined;
  readonly configDigest: Digest | undefined;
  readonly manifest: Descriptor | undefined;
  readonly names: readonly string[];
}
