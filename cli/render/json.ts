// The JSON log, for programs: the events as they are, one object a line. What would drive a terminal
// is escaped, so nothing is stripped.

import type { Writable } from 'node:stream';
import type { BuildEvent } from '../../core/events.ts';
import { errorToJson, placeToJson } from '../error-to-json.ts';
import { printableJson } from '../printable.ts';
import type { Renderer } from './renderer.ts';

/** Makes a renderer that writes to `out`. */
export function jsonRenderer(out: Writable): Renderer {
  return {
    onEvent: (event) => write(out, toJson(event)),
    close: (error) => {
      if (error !== undefined) write(out, { event: 'error', ...errorToJson(error) });
    },
  };
}

function write(out: Writable, value: object): void {
  out.write(`${printableJson(value)}\n`);
}

/** A span is written as the place where it starts, not with the whole text that it is a part of. */
function toJson(event: BuildEvent): object {
  if (event.event !== 'warning' || event.span === undefined) return event;
  const { span, ...rest } = event;
  return { ...rest, ...placeToJson(span) };
}
