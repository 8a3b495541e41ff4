// The lines of the live view at one moment, from state alone: so that a test can look at a frame.

import { displayWidth, fitInto } from './display-width.ts';
import { formatDuration } from './duration.ts';
import type { ProgressState, RunningWork } from './progress-state.ts';
import type { Style } from './style.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Returns at most `size.rows - 1` lines (but one), none wider than `size.columns`: an overview,
 * what runs, and its last output.
 */
export function liveFrame(
  state: ProgressState,
  now: number,
  size: FrameSize,
  style: Style,
): string[] {
  const room = Math.max(0, size.rows - 2);
  const running = [...state.running.values()];
  const shown = running.length > room ? running.slice(0, Math.max(0, room - 1)) : running;
  const hidden = running.length - shown.length;
  const tailLines = hidden > 0 ? 0 : Math.floor((room - shown.length) / shown.length);

  const total = state.total > 0 ? `/${state.total}` : '';
  const overview = `[+] ${state.ended}${total} steps, ${formatDuration(now - state.started)}`;
  const lines = [style.strong(fitInto(overview, size.columns))];
  for (const work of shown) lines.push(...workLines(work, now, tailLines, size.columns, style));
  if (hidden > 0 && room > 0) lines.push(style.dim(fitInto(`   and ${hidden} more`, size.columns)));
  return lines;
}

/** Returns `left`, cut where it must be, with `right` at the right edge. */
export function titleLine(left: string, right: string, columns: number): string {
  const room = columns - displayWidth(right) - 1;
  if (room < 1) return fitInto(left, columns);
  const text = fitInto(left, room);
  return `${text}${' '.repeat(room - displayWidth(text) + 1)}${right}`;
}

function workLines(
  work: RunningWork,
  now: number,
  tailLines: number,
  columns: number,
  style: Style,
): string[] {
  const tail = tailLines === 0 ? [] : work.tail.slice(-tailLines);
  return [
    titleLine(` > ${work.title}`, formatDuration(now - work.started), columns),
    ...tail.map((line) => style.dim(fitInto(`   | ${line.replaceAll('\t', '    ')}`, columns))),
  ];
}
