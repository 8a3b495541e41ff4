// What a live view knows of a build at one moment: a fold over its events. Steps that have ended
// leave it; the view has printed them.

import type { BuildEvent } from '../../core/events.ts';
import { logLine } from './log-line.ts';

/** How many of a running step's last lines are kept. */
const TAIL_LINES = 6;

export interface RunningWork {
  readonly title: string;
  /** Milliseconds of the view's clock. */
  readonly started: number;
  /** The last lines of its output, oldest first; printable. */
  readonly tail: string[];
}

export class ProgressState {
  readonly started: number;
  /** Steps of the build; 0 until it is known. */
  total = 0;
  ended = 0;
  /** Steps and exports that run now, in the order in which they started. */
  readonly running = new Map<number | string, RunningWork>();

  constructor(now: number) {
    this.started = now;
  }

  /** Takes an event that happened at `now`. */
  apply(event: BuildEvent, now: number): void {
    switch (event.event) {
      case 'build':
        this.total = event.steps;
        break;
      case 'step-start':
        this.running.set(event.id, { title: logLine(event.step), started: now, tail: [] });
        break;
      case 'log': {
        const tail = this.running.get(event.id)?.tail;
        if (tail === undefined) break;
        tail.push(logLine(event.line));
        if (tail.length > TAIL_LINES) tail.shift();
        break;
      }
      case 'step':
        this.running.delete(event.id);
        this.ended++;
        break;
      case 'export-start':
        this.running.set(event.output, { title: logLine(event.output), started: now, tail: [] });
        break;
      case 'export':
        this.running.delete(event.output);
        break;
      case 'choice':
      case 'warning':
      case 'done':
        break;
    }
  }
}
