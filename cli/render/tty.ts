// The live view of a terminal. What has ended is printed once and scrolls away as any output does;
// below it a few lines show what runs now and are drawn over, a frame in one write, so that
// nothing flickers. `close` gives the terminal back with its cursor.

import type { BuildEvent, StepEnded } from '../../core/events.ts';
import { formatPlace } from '../../core/source.ts';
import type { Screen } from '../host.ts';
import { buildTitle } from './build-title.ts';
import { fitInto } from './display-width.ts';
import { formatDuration } from './duration.ts';
import { type FrameSize, liveFrame, titleLine } from './live-frame.ts';
import { logLine } from './log-line.ts';
import { ProgressState } from './progress-state.ts';
import { inOneLine, type Reasons, type Renderer } from './renderer.ts';
import type { Style } from './style.ts';

const FRAME_MS = 100;

const HIDE_CURSOR = '\u001b[?25l';

const SHOW_CURSOR = '\u001b[?25h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/** Makes a renderer that draws on `screen`. `now` is a clock in milliseconds. */
export function ttyRenderer(
  screen: Screen,
  style: Style,
  now: () => number,
  reasons: Reasons = inOneLine,
): Renderer {
  const view = new LiveView(screen, style, now, reasons);
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    view.begin();
    timer = setInterval(() => view.draw(), FRAME_MS);
  };
  const end = (): void => {
    clearInterval(timer);
    view.end();
  };
  begin();
  return { onEvent: (event) => view.take(event), live: { end, begin }, close: end };
}

class LiveView {
  readonly #screen: Screen;
  readonly #style: Style;
  readonly #now: () => number;
  readonly #reasons: Reasons;
  readonly #state: ProgressState;
  /** Lines that wait to be printed above the frame. */
  #ended: string[] = [];
  #frameHeight = 0;

  constructor(screen: Screen, style: Style, now: () => number, reasons: Reasons) {
    this.#screen = screen;
    this.#style = style;
    this.#now = now;
    this.#reasons = reasons;
    this.#state = new ProgressState(now());
  }

  begin(): void {
    this.#screen.write(HIDE_CURSOR);
  }

  take(event: BuildEvent): void {
    this.#state.apply(event, this.#now());
    this.#ended.push(...endedLines(event, this.#size().columns, this.#style, this.#reasons));
  }

  draw(): void {
    this.#replace(liveFrame(this.#state, this.#now(), this.#size(), this.#style));
  }

  end(): void {
    this.#replace([]);
    this.#screen.write(SHOW_CURSOR);
  }

  #replace(frame: readonly string[]): void {
    const up = this.#frameHeight > 0 ? `\u001b[${this.#frameHeight}A` : '';
    const lines = [...this.#ended, ...frame].map((line) => `${line}${ERASE_LINE_END}\n`);
    this.#screen.write(`${up}${lines.join('')}${ERASE_BELOW}`);
    this.#ended = [];
    this.#frameHeight = frame.length;
  }

  #size(): FrameSize {
    return { columns: this.#screen.columns || 80, rows: this.#screen.rows || 24 };
  }
}

/** The lines that an event leaves behind for good. */
function endedLines(event: BuildEvent, columns: number, style: Style, reasons: Reasons): string[] {
  const note = (text: string): string => style.dim(fitInto(logLine(text), columns));
  switch (event.event) {
    case 'build':
      return [fitInto(logLine(buildTitle(event)), columns)];
    case 'choice':
      return [note(`   ${event.subject}: ${event.chosen} (${event.why})`)];
    case 'warning': {
      const place = event.span === undefined ? '' : `${formatPlace(event.span)}: `;
      return [logLine(`   warning ${event.code}: ${place}${event.message}`)];
    }
    case 'step': {
      // Above the frame a line may be longer than the screen: an explanation is not cut.
      const show = reasons === inOneLine ? note : (text: string) => style.dim(logLine(text));
      return stepLines(
        event,
        columns,
        style,
        reasons(event).map((line) => show(`   ${line}`)),
      );
    }
    case 'export': {
      const title = ` + ${logLine(event.output)}`;
      const lines = [style.good(titleLine(title, formatDuration(event.ms), columns))];
      return event.digest === undefined ? lines : [...lines, note(`   ${event.digest}`)];
    }
    case 'done': {
      const text = `${event.ok ? 'finished' : 'failed'} after ${formatDuration(event.ms)}`;
      return [event.ok ? style.good(text) : style.bad(text)];
    }
    default:
      return [];
  }
}

function stepLines(
  event: StepEnded,
  columns: number,
  style: Style,
  why: readonly string[],
): string[] {
  const step = logLine(event.step);
  switch (event.status) {
    case 'exact':
      return [style.dim(titleLine(` = ${step}`, 'CACHED', columns))];
    case 'traced':
      return [style.dim(titleLine(` = ${step}`, 'CACHED', columns)), ...why];
    case 'ran': {
      const title = titleLine(` + ${step}`, formatDuration(event.ms), columns);
      return [style.good(title), ...why];
    }
    case 'failed':
      return [style.bad(titleLine(` ! ${step}`, formatDuration(event.ms), columns))];
  }
}
