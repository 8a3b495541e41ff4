import { expect, test } from 'vitest';
import { displayWidth, fitInto } from '../../cli/render/display-width.ts';
import { liveFrame } from '../../cli/render/live-frame.ts';
import { ProgressState } from '../../cli/render/progress-state.ts';
import { makeStyle } from '../../cli/render/style.ts';
import { ttyRenderer } from '../../cli/render/tty.ts';
import { fakeHost } from './host.ts';
import { play, type Recorded, SUCCESS } from './recorded.ts';

const PLAIN = makeStyle(false);

function frameAt(recorded: Recorded, now: number, columns: number, rows: number): string[] {
  const state = new ProgressState(0);
  for (const [at, event] of recorded) if (at <= now) state.apply(event, at);
  return liveFrame(state, now, { columns, rows }, PLAIN);
}

test('the frame shows what runs, for how long, and its last output', () => {
  expect(frameAt(SUCCESS, 1250, 50, 24)).toMatchInlineSnapshot(`
    [
      "[+] 1/3 steps, 1.3s",
      " > [build 2/3] RUN cc -o a a.c                1.2s",
      "   | a.c: warning",
      "   | linked",
      " > [web 2/2] RUN npm ci                       1.2s",
      "   | 100%",
    ]
  `);
});

test('a low terminal shows fewer lines of output, and then fewer steps', () => {
  expect(frameAt(SUCCESS, 1250, 50, 7)).toMatchInlineSnapshot(`
    [
      "[+] 1/3 steps, 1.3s",
      " > [build 2/3] RUN cc -o a a.c                1.2s",
      "   | linked",
      " > [web 2/2] RUN npm ci                       1.2s",
      "   | 100%",
    ]
  `);
  expect(frameAt(SUCCESS, 1250, 50, 3)).toMatchInlineSnapshot(`
    [
      "[+] 1/3 steps, 1.3s",
      "   and 2 more",
    ]
  `);
});

test('a frame is never higher or wider than the terminal', () => {
  const crowd: Recorded = Array.from({ length: 30 }, (_, id) => [
    [id, { event: 'step-start', id, step: `[漢字 ${id}/30] RUN ${'字🎉x'.repeat(40)}` }] as const,
    [id, { event: 'log', id, stream: 'stdout', line: `\t${'é'.repeat(200)}` }] as const,
  ]).flat();
  for (let rows = 1; rows < 70; rows++) {
    for (const columns of [1, 2, 5, 20, 81]) {
      const frame = frameAt(crowd, 5000, columns, rows);
      expect(frame.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
      for (const line of frame) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  }
});

test.each([
  ['abc', 3],
  ['漢字', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['🎉', 2],
  ['👩‍👩‍👧', 2],
  ['한글', 4],
])('%s takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['漢字漢字', 5, '漢字…'],
  ['漢字漢字', 6, '漢字…'],
  ['abc', 0, ''],
])('%s in %i columns is %s', (text, columns, fitted) => {
  expect(fitInto(text, columns)).toBe(fitted);
});

/** What a terminal shows, above and below its upper edge, after it was sent `text`. */
function terminal(text: string): string {
  const lines = [''];
  let row = 0;
  for (const [token] of text.replaceAll('\u001b', '⎋').matchAll(/⎋\[[?\d]*[a-zA-Z]|\n|[^⎋\n]+/g)) {
    const up = /^⎋\[(\d+)A$/.exec(token)?.[1];
    if (token === '\n') {
      row++;
      lines[row] ??= '';
    } else if (up !== undefined) row -= Number(up);
    else if (token === '⎋[J') lines.length = row + 1;
    else if (!token.startsWith('⎋')) lines[row] = token;
  }
  return lines.join('\n');
}

test('at the end the terminal holds what the steps came to, and no frame', () => {
  const host = fakeHost();
  const screen = Object.assign(host.stderr, { columns: 50, rows: 24 });
  play(SUCCESS, (now) => ttyRenderer(screen, PLAIN, now));
  expect(terminal(host.err())).toMatchInlineSnapshot(`
    "building stage build of Dockerfile
       isolation: rootless (not root)
       warning UndefinedVar: Dockerfile:3:8: X is never set
     = [build 1/3] FROM busybox                 CACHED
     + [build 2/3] RUN cc -o a a.c                1.3s
       a.c changed
     = [web 2/2] RUN npm ci                     CACHED
       README.md was not read
     + exporting to oci archive a.tar             0.1s
       sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c…
    finished after 1.5s
    "
  `);
});

test('the cursor is hidden while the view is drawn over, and shown at the end', () => {
  const host = fakeHost();
  play(SUCCESS, (now) => ttyRenderer(host.stderr, PLAIN, now));
  const written = host.err();
  expect(written.startsWith('\u001b[?25l')).toBe(true);
  expect(written.endsWith('\u001b[?25h')).toBe(true);
});

test('frames that are drawn over one another leave one frame', async () => {
  const host = fakeHost();
  const renderer = ttyRenderer(host.stderr, PLAIN, () => 0);
  renderer.onEvent({ event: 'step-start', id: 1, step: 'RUN a' });
  await new Promise((resolve) => setTimeout(resolve, 250));
  renderer.onEvent({ event: 'step-start', id: 2, step: 'RUN b' });
  await new Promise((resolve) => setTimeout(resolve, 150));
  const written = host.err();
  renderer.close();
  expect(terminal(written).replace(/ +/g, ' ')).toBe(
    '[+] 0 steps, 0.0s\n > RUN a 0.0s\n > RUN b 0.0s\n',
  );
});
