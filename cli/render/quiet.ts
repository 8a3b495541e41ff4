// `--quiet`: nothing but the digest of the image, when it is there.

import type { Writable } from 'node:stream';
import type { Renderer } from './renderer.ts';

/** Makes a renderer that writes to `out`. */
export function quietRenderer(out: Writable): Renderer {
  return {
    onEvent: (event) => {
      if (event.event === 'done' && event.ok && event.digest !== undefined) {
        out.write(`${event.digest}\n`);
      }
    },
    close: () => {},
  };
}
