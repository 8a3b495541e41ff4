// When a step is observed no more.

import { expect, test } from 'vitest';
import { disturbed, observing } from '../../../builder/exec/observing.ts';
import type { CacheRecord } from '../../../cache/records.ts';
import { sha256 } from '../../../core/digest.ts';

const AUTO = { policy: 'auto', bypass: undefined, ttl: undefined } as const;

function record(supervisorMs: number, more: Partial<CacheRecord> = {}): CacheRecord {
  return {
    key: sha256(`key ${supervisorMs}`),
    kind: 'run',
    step: 'RUN x',
    parts: [],
    tree: sha256('tree'),
    layers: [],
    created: 0,
    used: 0,
    ms: 1000,
    observed: { reads: sha256('reads'), network: false, calls: 1, supervisorMs },
    ...more,
  };
}

test('a step is observed until that has cost much and was never of use', () => {
  const kind = (...others: CacheRecord[]) => observing(AUTO, others).kind;
  expect(kind()).toBe('observe');
  expect(kind(record(500), record(500))).toBe('observe');
  expect(kind(record(50), record(50), record(50))).toBe('observe');
  expect(kind(record(500), record(50), record(50))).toBe('gave-up');
  expect(kind(record(500), record(500), record(500, { from: sha256('other') }))).toBe('observe');
});

test('the cost counts as a part of processor time, and where it is little it does not count', () => {
  const usage = { userMs: 400, systemMs: 100, peakMemory: 0, written: 0 };
  const kind = (supervisorMs: number) =>
    observing(AUTO, Array(3).fill(record(supervisorMs, { usage, ms: 60_000 }))).kind;
  expect([kind(60), kind(50)]).toEqual(['gave-up', 'observe']);
  const little = record(40, { usage: { ...usage, userMs: 0 } });
  expect(observing(AUTO, [little, little, little]).kind).toBe('observe');
});

test('once given up, it stays so, and says so; who asks for traces by name gets them', () => {
  const tired = observing(AUTO, [record(500), record(500), record(500)]);
  if (tired.kind !== 'gave-up') throw new Error('not given up');
  expect(tired.observed).toMatchObject({
    reads: undefined,
    incomplete: 'seeing what it reads has cost much and was never of use',
  });
  const next = [record(0, { observed: tired.observed })];
  expect(observing(AUTO, next).kind).toBe('gave-up');
  expect(observing({ ...AUTO, policy: 'traced' }, next).kind).toBe('observe');
});

test('a step that had to be run again unobserved stays unobserved, and says why', () => {
  const last = record(0, { observed: disturbed() });
  expect(observing(AUTO, [last, record(10)])).toMatchObject({
    kind: 'gave-up',
    observed: { incomplete: expect.stringContaining('signals interrupted') },
  });
  expect(observing(AUTO, [record(10), last]).kind).toBe('observe');
});

test('what no record is to be taken of is not observed', () => {
  expect(observing({ ...AUTO, policy: 'strict' }, []).kind).toBe('no');
  expect(observing({ ...AUTO, bypass: 'cache=none' }, []).kind).toBe('no');
  expect(observing({ ...AUTO, bypass: '--no-cache' }, []).kind).toBe('observe');
});
