// The small languages inside flags and arguments: what each takes, and what it refuses.

import { expect, it } from 'vitest';
import { isMode } from '../../../builder/plan/instructions/chmod.ts';
import { formatDuration, parseDuration } from '../../../builder/plan/instructions/durations.ts';
import { parsePorts } from '../../../builder/plan/instructions/ports.ts';
import { isSignal } from '../../../builder/plan/instructions/signals.ts';

it.each([
  ['0', 0, '0s'],
  ['30s', 30e9, '30s'],
  ['1m30s', 90e9, '1m30s'],
  ['1h', 3600e9, '1h0m0s'],
  ['1.5h', 5400e9, '1h30m0s'],
  ['500ms', 500e6, '500ms'],
  ['1.5s', 1.5e9, '1.5s'],
  ['10us', 10e3, '10µs'],
  ['3ns', 3, '3ns'],
  ['-5s', -5e9, '-5s'],
])('the duration %s is %d ns, and written %s', (text, nanoseconds, written) => {
  expect(parseDuration(text)).toBe(nanoseconds);
  expect(formatDuration(nanoseconds)).toBe(written);
});

it.each(['', '5', 's', '1x', '1s ', ' 1s', '1..5s', '.s', '+', '9999999999h', '1e3s'])(
  '%j is no duration',
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

it.each([
  ['80', ['80/tcp']],
  ['80/UDP', ['80/udp']],
  ['80/', ['80/tcp']],
  ['8000-8002/sctp', ['8000/sctp', '8001/sctp', '8002/sctp']],
  ['0', ['0/tcp']],
  ['8080:80', ['80/tcp']],
  ['127.0.0.1:8080:80', ['80/tcp']],
  ['[::1]:8080:80/udp', ['80/udp']],
])('%s exposes %j', (text, ports) => expect(parsePorts(text)).toMatchObject({ ports }));

it.each(['', '/tcp', '65536', '80-79', '80-', '-1', '80/x', '80/tcp/udp', 'x:80', 'http', '1 2'])(
  '%j exposes nothing',
  (text) => expect(parsePorts(text)).toHaveProperty('reason'),
);

it.each(['SIGTERM', 'term', '9', '64', 'RTMIN+15', 'SIGRTMAX-14', 'RTMIN'])(
  '%s is a signal',
  (text) => expect(isSignal(text)).toBe(true),
);

it.each(['', '0', '+0', '9x', 'SIGNOPE', 'RTMIN+16', 'RTMIN-1', 'RTMAX+1', 'SIGSIGTERM'])(
  '%j is no signal',
  (text) => expect(isSignal(text)).toBe(false),
);

it.each(['0', '644', '07777', 'u=rwX,go=rX', '+x', 'g=u', 'a-w+r', 'u='])('%s is a mode', (text) =>
  expect(isMode(text)).toBe(true),
);

it.each(['', '10000', '8', 'x', 'u', 'u=q', 'u=rw,', '0x1ff', '6 4'])('%j is no mode', (text) =>
  expect(isMode(text)).toBe(false),
);
