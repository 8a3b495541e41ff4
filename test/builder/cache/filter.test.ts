import { expect, test } from 'vitest';
import { recordFilter } from '../../../builder/cache/filter.ts';
import type { ListedRecord } from '../../../builder/cache/list.ts';
import { parseAge } from '../../../cli/flags/age.ts';
import { sortRows } from '../../../cli/flags/sort.ts';
import { sha256 } from '../../../core/digest.ts';

function listed(kind: string, step: string, more: Partial<ListedRecord> = {}): ListedRecord {
  const now = Date.now();
  const times = { created: now, lastUsed: now, ms: 1 };
  return { key: sha256(step), kind, step, ...times, size: 10, shared: 0, ...more };
}

const NPM = listed('run', '[1/2] RUN npm ci', { size: 30, shared: 5 });
const COPY = listed('copy', '[2/2] COPY . .', { size: 20, lastUsed: Date.now() - 3_600_000 });
const FUTURE = listed('run', '[2/2] RUN date', { lastUsed: Date.now() + 9_000_000 });

function passing(...words: string[]): ListedRecord[] {
  return [NPM, COPY, FUTURE].filter(recordFilter(words, parseAge));
}

test('a record must pass every filter', () => {
  expect(passing()).toEqual([NPM, COPY, FUTURE]);
  expect(passing('kind=run')).toEqual([NPM, FUTURE]);
  expect(passing('type==run', 'description~=npm|yarn')).toEqual([NPM]);
  expect(passing('kind!=run')).toEqual([COPY]);
  expect(passing(`id=${NPM.key.slice(7, 15)}`)).toEqual([NPM]);
  expect(passing(`key=${NPM.key}`)).toEqual([NPM]);
  expect(passing('shared')).toEqual([NPM]);
  expect(passing('shared=false')).toEqual([COPY, FUTURE]);
  expect(passing('private')).toEqual([COPY, FUTURE]);
});

test('until takes what was not used for so long, and nothing from the future', () => {
  expect(passing('until=30m')).toEqual([COPY]);
  expect(passing('until=2h')).toEqual([]);
});

test.each([
  ['knd=run', 'did you mean kind?'],
  ['kind', undefined],
  ['shared=perhaps', undefined],
  ['inuse', undefined],
])('%s is refused', (word, hint) => {
  expect(() => passing(word)).toThrow(
    expect.objectContaining({
      code: 'E_USAGE',
      message: `--filter "${word}" is not understood`,
      ...(hint && { hint }),
    }),
  );
});

test('an expression that is none is refused', () => {
  expect(() => passing('step~=(')).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});

test('numbers sort downwards, text upwards, and a minus turns either round', () => {
  const columns = {
    size: ({ size }: ListedRecord) => size,
    step: ({ step }: ListedRecord) => step,
  };
  const sorted = (column: string) => sortRows([COPY, FUTURE, NPM], column, columns);
  expect(sorted('size')).toEqual([NPM, COPY, FUTURE]);
  expect(sorted('-size')).toEqual([FUTURE, COPY, NPM]);
  expect(sorted('step')).toEqual([NPM, COPY, FUTURE]);
  expect(() => sorted('siz')).toThrow(
    expect.objectContaining({ code: 'E_USAGE', hint: 'did you mean size?' }),
  );
});
