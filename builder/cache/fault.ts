// Something in the store that is not what it should be.

import type { Digest } from '../../core/digest.ts';

export interface Fault {
  readonly kind: 'blob' | 'object' | 'layer' | 'record' | 'image';
  readonly name: Digest;
  readonly what: string;
  /** True where dropping it is all that is needed; an image must be pulled, loaded or built again. */
  readonly heals: boolean;
}
