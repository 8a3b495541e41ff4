// A renderer that can be made to wait while somebody else has the screen: events that come meanwhile are
// kept, in order, and shown after it.

import type { BuildEvent } from '../../core/events.ts';
import type { Renderer } from './renderer.ts';

export interface SuspendableRenderer extends Renderer {
  suspend(): void;
  resume(): void;
}

/** Adds suspend and resume to `renderer`; its end is also the end of a suspension. */
export function suspendable(renderer: Renderer): SuspendableRenderer {
  let held: BuildEvent[] | undefined;
  const resume = (): void => {
    if (held === undefined) return;
    const events = held;
    held = undefined;
    renderer.live?.begin();
    for (const event of events) renderer.onEvent(event);
  };
  return {
    onEvent(event) {
      if (held === undefined) renderer.onEvent(event);
      else held.push(event);
    },
    suspend() {
      if (held !== undefined) return;
      held = [];
      renderer.live?.end();
    },
    resume,
    close(error) {
      resume();
      renderer.close(error);
    },
  };
}
