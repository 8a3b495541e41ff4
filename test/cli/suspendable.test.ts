// A renderer that waits: nothing is shown between suspend and resume, and nothing is lost.

import { expect, test } from 'vitest';
import { suspendable } from '../../cli/render/suspendable.ts';

function recording() {
  const seen: string[] = [];
  const renderer = suspendable({
    onEvent: (event) => void seen.push(event.event === 'log' ? event.line : event.event),
    live: { end: () => void seen.push('end'), begin: () => void seen.push('begin') },
    close: () => void seen.push('close'),
  });
  const log = (line: string): void =>
    renderer.onEvent({ event: 'log', id: 1, stream: 'stdout', line });
  return { seen, renderer, log };
}

test('what happens while it is suspended is shown after it, in order', () => {
  const { seen, renderer, log } = recording();
  log('one');
  renderer.suspend();
  log('two');
  log('three');
  expect(seen).toEqual(['one', 'end']);
  renderer.resume();
  log('four');
  expect(seen).toEqual(['one', 'end', 'begin', 'two', 'three', 'four']);
});

test('its end is the end of a suspension too; a second suspend or resume changes nothing', () => {
  const { seen, renderer, log } = recording();
  renderer.resume();
  renderer.suspend();
  renderer.suspend();
  log('one');
  renderer.close();
  renderer.resume();
  expect(seen).toEqual(['end', 'begin', 'one', 'close']);
});
