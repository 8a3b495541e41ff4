// `# slipway: ...` above a RUN, and what it comes to with the flags of the build.

import { expect, test } from 'vitest';
import { reuseOf } from '../../../builder/exec/reuse.ts';
import { planRefusal, planText } from './plan-text.ts';

const HOUR = 3_600_000;

function caches(text: string) {
  const { graph } = planText(text);
  return graph.vertices.flatMap(({ op }) => (op.kind === 'run' ? [op.cache] : []));
}

test('a comment right above a RUN says how it is reused', () => {
  const text = `FROM scratch
# slipway: cache=traced
RUN a
# what it does
# Slipway : cache-ttl=1d12h   cache=strict
RUN b
# slipway: cache=none
#
# an empty line starts the comments anew
RUN c
# slipway: cache-ttl=24h
# check=skip=all
RUN d
# slipways are for ships
RUN e
`;
  expect(caches(text)).toEqual([
    { mode: 'traced' },
    { mode: 'strict', ttl: 36 * HOUR },
    undefined,
    { ttl: 24 * HOUR },
    undefined,
  ]);
});

test.each([
  ['# slipway: cache=tracd\nRUN a', 'cache cannot be "tracd"', 'Did you mean traced?', 2, 12],
  [
    '# slipway: cache=on\nRUN a',
    'cache cannot be "on"',
    'It is one of traced, strict, none.',
    2,
    12,
  ],
  ['# slipway: cache-ttl=soon\nRUN a', 'cache-ttl cannot be "soon"', 'It is a number', 2, 12],
  ['#slipway: cahce=none\nRUN a', 'no setting "cahce"', 'Did you mean cache?', 2, 11],
  ['# slipway: none\nRUN a', 'no setting "none"', 'Write it as', 2, 12],
  ['# slipway:\nRUN a', 'the comment says nothing', 'Write it as', 2, 1],
  ['# slipway: cache=none cache=none\nRUN a', 'cache is given twice', 'Keep one.', 2, 23],
  ['# slipway: cache=none\nCOPY a /', 'this comment is for no RUN', 'stands above COPY', 2, 1],
  ['# slipway: cache=none\nONBUILD RUN a', 'for no RUN', 'stands above ONBUILD', 2, 1],
  ['# slipway: cache=none\nFROM scratch', 'for no RUN', 'stands above FROM', 2, 1],
])('%j is refused with its place', (lines, message, hint, line, column) => {
  const said = planRefusal(`FROM scratch\n${lines}\n`);
  expect(said).toContain('E_DIRECTIVE');
  for (const part of [message, hint, `${line}:${column} `]) expect(said).toContain(part);
});

test('of flag and comment the stricter one holds, and the shorter time', () => {
  const { graph } = planText(`FROM scratch AS one
# slipway: cache=traced cache-ttl=2h
RUN a
FROM one
# slipway: cache=none
RUN b
# slipway: cache=strict
RUN c
RUN d
WORKDIR /e
`);
  const [a, b, c, d, e] = graph.vertices.slice(1);
  if (!a || !b || !c || !d || !e) throw new Error('five steps');
  const none = { noCache: false };
  expect(reuseOf(none, a)).toEqual({ policy: 'traced', bypass: undefined, ttl: 2 * HOUR });
  expect(reuseOf(none, b)).toEqual({ policy: 'auto', bypass: 'cache=none', ttl: undefined });
  expect(reuseOf(none, c).policy).toBe('strict');
  expect(reuseOf(none, d).policy).toBe('auto');
  const traced = { noCache: false, cachePolicy: 'traced', cacheTtl: HOUR } as const;
  expect(reuseOf(traced, a).ttl).toBe(HOUR);
  expect(reuseOf(traced, c).policy).toBe('strict');
  expect(reuseOf(traced, d)).toEqual({ policy: 'traced', bypass: undefined, ttl: HOUR });
  expect(reuseOf(traced, e).ttl).toBeUndefined();
  const strict = { noCache: false, cachePolicy: 'strict' } as const;
  expect(reuseOf(strict, a).policy).toBe('strict');
  expect(reuseOf({ noCache: true }, d).bypass).toBe('--no-cache');
  const filtered = { noCache: false, noCacheStages: ['One'] };
  expect([a, b, d].map((vertex) => reuseOf(filtered, vertex).bypass)).toEqual([
    '--no-cache-filter',
    'cache=none',
    undefined,
  ]);
});

test('a stage that --no-cache-filter names must be there', () => {
  const refused = planRefusal('FROM scratch AS build\nFROM build\n', { noCacheStages: ['biuld'] });
  expect(refused).toContain('E_STAGE');
  expect(refused).toContain('--no-cache-filter: there is no stage "biuld"');
  expect(refused).toContain('Did you mean build?');
  expect(() => planText('FROM scratch\n', { noCacheStages: ['stage-0'] })).not.toThrow();
});
