// What the runner says that a step looked up, on every rung: the uses of each call, and the closing word.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';
import { observedOf } from '../support/observed.ts';

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
    expect(observedOf(result)).toMatchObject({ complete: true, reason: null, network: false });
  });

  test('a path that leads through a link of the step itself ends where the link leads', async (context) => {
    bench.need(context);
    const result = await bench.run({
      args: 'probe all symlink /etc /tmp/l , cat /tmp/l/x , cat /tmp/l/y'.split(' '),
      words: ['observe', 'env', 'PATH=/bin:/'],
      fill: (lower) => writeFileSync(join(lower, 'etc/x'), 'content\n'),
    });
    expect(result.stdout.toString()).toBe('content\nENOENT\n');
    const { looked, complete } = observedOf(result);
    expect(complete).toBe(true);
    expect(looked.get('bin/probe')).toBe('cf');
    expect(looked.get('probe')).toBe('cf');
    expect(looked.get('tmp/l')).toBe('ar');
    expect(looked.get('etc/x')).toBe('cf');
    expect(looked.get('etc/y')).toBe('cf');
  });
});
