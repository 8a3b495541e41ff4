// A reader of a build's events that shows them to someone.

import type { EventSink, StepEnded } from '../../core/events.ts';

export interface Renderer {
  readonly onEvent: EventSink;
  /** Of a display that draws over its own lines: leaves the screen to somebody else, and comes back. */
  readonly live?: { end(): void; begin(): void };
  /**
   * Ends the display; a terminal is left as it was found. To be called once, however the build
   * ended. `error` is what it failed by: only a form for programs shows it, since people read it
   * on standard error whatever the form.
   */
  close(error?: unknown): void;
}

/** Says in lines why a step ran or was reused. */
export type Reasons = (step: StepEnded) => readonly string[];

/** The reason as its event has it. */
export const inOneLine: Reasons = ({ reason }) => [reason];
