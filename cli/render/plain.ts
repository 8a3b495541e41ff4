// The plain log: a line an event, nothing is ever taken back. The form is BuildKit's, whose logs
// people and scripts know; slipway adds why a step was run or reused.

import type { Writable } from 'node:stream';
import type { BuildEvent, StepEnded, StepLog } from '../../core/events.ts';
import { formatPlace } from '../../core/source.ts';
import { buildTitle } from './build-title.ts';
import { formatDuration } from './duration.ts';
import { logLine } from './log-line.ts';
import { inOneLine, type Reasons, type Renderer } from './renderer.ts';

/** Makes a renderer that writes to `out`. `now` is a clock in milliseconds; `reasons` says why a step ran or was reused. */
export function plainRenderer(
  out: Writable,
  now: () => number,
  reasons: Reasons = inOneLine,
): Renderer {
  const log = new PlainLog(out, now, reasons);
  return { onEvent: (event) => log.show(event), close: () => {} };
}

interface Section {
  readonly number: number;
  readonly title: string;
  readonly started: number;
}

class PlainLog {
  readonly #out: Writable;
  readonly #now: () => number;
  readonly #reasons: Reasons;
  readonly #sections = new Map<number | string, Section>();
  #current: Section | undefined;

  constructor(out: Writable, now: () => number, reasons: Reasons) {
    this.#out = out;
    this.#now = now;
    this.#reasons = reasons;
  }

  show(event: BuildEvent): void {
    switch (event.event) {
      case 'build':
        this.#general(buildTitle(event));
        break;
      case 'choice':
        this.#general(`${event.subject}: ${event.chosen} (${event.why})`);
        break;
      case 'warning': {
        const place = event.span === undefined ? '' : ` at ${formatPlace(event.span)}`;
        this.#general(`warning ${event.code}${place}: ${event.message}`);
        break;
      }
      case 'step-start':
        this.#section(event.id, event.step);
        break;
      case 'log':
        this.#log(event);
        break;
      case 'step':
        this.#stepEnded(event);
        break;
      case 'export-start':
        this.#line(this.#section(event.output, event.output));
        break;
      case 'export': {
        const section = this.#section(event.output, event.output);
        if (event.digest !== undefined) this.#line(section, `image ${event.digest}`);
        this.#line(section, `DONE ${formatDuration(event.ms)}`);
        break;
      }
      case 'done': {
        const end = event.ok ? 'finished' : 'failed';
        this.#general(`${end} after ${formatDuration(event.ms)}`);
      }
    }
  }

  #log(event: StepLog): void {
    const section = this.#sections.get(event.id);
    if (section === undefined) return;
    const seconds = ((this.#now() - section.started) / 1000).toFixed(3);
    this.#line(section, `${seconds} ${logLine(event.line)}`);
  }

  #stepEnded(event: StepEnded): void {
    const section = this.#section(event.id, event.step);
    for (const reason of this.#reasons(event)) this.#line(section, `why: ${logLine(reason)}`);
    this.#line(section, outcome(event));
  }

  /** The section of a step or an export; the first mention gives it its number. */
  #section(key: number | string, title: string): Section {
    const known = this.#sections.get(key);
    if (known !== undefined) return known;
    const number = this.#sections.size + 1;
    const section = { number, title: logLine(title), started: this.#now() };
    this.#sections.set(key, section);
    return section;
  }

  /** Writes a line of a section, under its title where other lines stood in between. */
  #line(section: Section, text?: string): void {
    if (this.#current !== section) {
      this.#write(`\n#${section.number} ${section.title}`);
      this.#current = section;
    }
    if (text !== undefined) this.#write(`#${section.number} ${text}`);
  }

  #general(text: string): void {
    if (this.#current !== undefined) this.#write('');
    this.#current = undefined;
    this.#write(`#0 ${logLine(text)}`);
  }

  #write(line: string): void {
    this.#out.write(`${line}\n`);
  }
}

function outcome(event: StepEnded): string {
  switch (event.status) {
    case 'exact':
      return 'CACHED';
    case 'traced':
      return 'CACHED (traced)';
    case 'ran':
      return `DONE ${formatDuration(event.ms)}`;
    case 'failed':
      return event.exitCode === undefined ? 'ERROR' : `ERROR: exit code ${event.exitCode}`;
  }
}
