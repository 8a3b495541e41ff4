// The log of a build in the store.

import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newBuildId } from '../../builder/log/build-id.ts';
import { BuildLog } from '../../builder/log/build-log.ts';
import { dropOldLogs, KEPT_LOGS, LARGE_LOG_BYTES } from '../../builder/log/old-logs.ts';
import type { BuildEvent } from '../../core/events.ts';
import { tmpDir } from '../support/tmp.ts';

const log = (line: string): BuildEvent => ({ event: 'log', id: 1, stream: 'stdout', line });

test('every line is in it, whole, and no control character drives a terminal', () => {
  const built = new BuildLog(tmpDir(), '20261127-120000-abcdef', () => {});
  const long = 'x'.repeat(200_000);
  built.onEvent({ event: 'step-start', id: 1, step: '[1/1] RUN x' });
  for (const line of [long, 'a\tb', '\u001b[31mred\r50%', '\u009b2J']) built.onEvent(log(line));
  built.onEvent({ event: 'step', id: 1, step: '[1/1] RUN x', status: 'ran', reason: 'new', ms: 5 });
  built.close();
  expect(readFileSync(built.path, 'utf8')).toBe(
    `#1 [1/1] RUN x\n#1 ${long}\n#1 a\tb\n#1 \\x1b[31mred\\x0d50%\n#1 \\x9b2J\n#1 ran after 5 ms: new\n`,
  );
});

test('a flood does not wait in memory', () => {
  const built = new BuildLog(tmpDir(), '20261127-120000-abcdef', () => {});
  const before = process.memoryUsage().rss;
  const line = 'y'.repeat(1000);
  for (let i = 0; i < 100_000; i++) built.onEvent(log(line));
  built.close();
  expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  expect(readFileSync(built.path).length).toBe(100_000 * 1004);
});

test('a build that tells nothing leaves no log', () => {
  const home = tmpDir();
  new BuildLog(home, '20261127-120000-abcdef', () => {}).close();
  expect(readdirSync(home)).toEqual([]);
});

test('a log that cannot be written is said once', () => {
  const home = tmpDir();
  writeFileSync(join(home, 'logs'), '');
  const told: BuildEvent[] = [];
  const built = new BuildLog(home, 'x', (event) => told.push(event));
  for (let i = 0; i < 300; i++) built.onEvent(log('z'.repeat(1000)));
  built.close();
  expect(told).toEqual([
    { event: 'warning', code: 'Log', message: expect.stringMatching(/^the log is not whole: E/) },
  ]);
});

test('the newest logs stay, as many as there may be', () => {
  const folder = join(tmpDir(), 'logs');
  mkdirSync(folder);
  for (let i = 0; i < KEPT_LOGS + 5; i++) {
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.log`), 'x'.repeat(10));
  }
  dropOldLogs(folder);
  expect(readdirSync(folder)).toHaveLength(KEPT_LOGS - 1);
  expect(readdirSync(folder)[0]).toBe('0006.log');
});

test('and as big together as they may be: a large one makes the next build look at sizes', () => {
  const home = tmpDir();
  const build = (id: string, lines: number): void => {
    const built = new BuildLog(home, id, () => {});
    for (let i = 0; i < lines; i++) built.onEvent(log('x'.repeat(10_000)));
    built.close();
  };
  const logs = (): string[] => readdirSync(join(home, 'logs'));
  build('1', 1);
  build('2', 1);
  expect(logs()).toEqual(['1.log', '2.log']);
  build('3', LARGE_LOG_BYTES / 10_000 + 1);
  expect(logs()).toEqual(['1.log', '2.log', '3.log', 'large']);
  // As if the step had printed much more than that.
  truncateSync(join(home, 'logs/3.log'), 256 * 2 ** 20 - 5000);
  build('4', 1);
  expect(logs()).toEqual(['3.log', '4.log', 'large']);
  build('5', 1);
  expect(logs()).toEqual(['4.log', '5.log']);
});

test('ids of builds are in the order of time', () => {
  const start = Date.UTC(2026, 10, 27, 11, 46, 10);
  expect(newBuildId(start + 10)).toMatch(/^20261127-114610-00a[0-9a-f]{3}$/);
  // Two builds of one second too.
  const ids = [0, 1, 9, 15, 16, 255, 256, 999, 1000].map((ms) => newBuildId(start + ms));
  expect(ids.toSorted()).toEqual(ids);
});
