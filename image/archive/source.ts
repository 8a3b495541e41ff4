// What an image archive offers, whichever of the two forms it has.

import type { ImageSource } from '../source.ts';

/** An image of an archive, and how to ask for it. */
export interface ArchivedImage {
  /** The name that `resolve` takes. */
  readonly select: string;
  /** Canonical references; none where the archive has only a tag for it, or nothing. */
  readonly names: readonly string[];
}

export interface ArchiveImages extends ImageSource {
  readonly images: readonly ArchivedImage[];
}

export interface ArchiveSource extends ArchiveImages {
  /** Closes the file. Images of the archive must not be read after it. */
  close(): Promise<void>;
}
