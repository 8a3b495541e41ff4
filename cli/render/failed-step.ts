// Remembers the last output of every running step, so that the end of a failed build can show it
// once more, below whatever ran beside it.

import type { BuildEvent } from '../../core/events.ts';
import { logLine } from './log-line.ts';

const TAIL_LINES = 40;

export class FailedStep {
  readonly #tails = new Map<number, string[]>();
  #failed: { readonly step: string; readonly tail: readonly string[] } | undefined;

  /** Takes the build's events, in order. */
  onEvent(event: BuildEvent): void {
    if (event.event === 'log') {
      const tail = this.#tails.get(event.id) ?? [];
      tail.push(event.line);
      if (tail.length > TAIL_LINES) tail.shift();
      this.#tails.set(event.id, tail);
    } else if (event.event === 'step') {
      const tail = this.#tails.get(event.id) ?? [];
      this.#tails.delete(event.id);
      if (event.status === 'failed') this.#failed ??= { step: logLine(event.step), tail };
    }
  }

  /** Returns the first failed step's name and its last 40 lines as a block of text, or '' where no step failed. */
  report(): string {
    if (this.#failed === undefined) return '';
    return block(this.#failed.step, this.#failed.tail);
  }

  /** The same of a step that has not ended yet. */
  blockOf(id: number, step: string): string {
    return block(logLine(step), this.#tails.get(id) ?? []);
  }
}

function block(step: string, tail: readonly string[]): string {
  return `${['------', ` > ${step}:`, ...tail.map(logLine), '------'].join('\n')}\n`;
}
