// What the runner says that a step looked up, on every rung: the uses of each call, and the closing word.

import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';

describe.each(RUNGS)('observe, rung %s', (rung) => {
  const bench = useBench(rung);

  test('nothing is said unless it was asked for', async (context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'exit', '3'] });
    expect(result.event('exit')?.code).toBe(3);
    expect(result.event('observed')).toBeUndefined();
  });

  test('a step that was observed says so, before its exit', async (context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'exit', '3'], words: ['observe'] });
    const names = result.events.map(({ event }) => event);
    expect(names.indexOf('observed')).toBe(names.indexOf('exit') - 1);
  });
});
