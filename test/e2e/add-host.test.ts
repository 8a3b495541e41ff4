// --add-host: names that steps find, that are in no layer, and whose addresses are in no key.

import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

test('a step finds them, and no layer has them', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const hosts = ['--add-host=db:10.9.9.1', '--add-host', 'six=[::9]', '--add-host=here:127.0.0.9'];
  const { status, stderr } = buildOnHostile({
    home,
    dockerfile: 'RUN tail -n +3 /etc/hosts; nslookup here >/dev/null 2>&1; true\n',
    args: [...hosts, '-o', `type=local,dest=${home}/out`],
  });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/ 10\.9\.9\.1\tdb$/m);
  expect(stderr).toMatch(/ ::9\tsix$/m);
  const clean = 'RUN test "$(wc -l < /etc/hosts)" = 2\n';
  expect(buildOnHostile({ home, dockerfile: clean }).status).toBe(0);
});

test('another address is the same step, another name is not', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const ran = (...args: string[]): boolean => {
    const { status, stderr } = buildOnHostile({
      home,
      dockerfile: 'RUN echo it_$((1 + 1))\n',
      args,
    });
    expect(status, stderr).toBe(0);
    return / it_2$/m.test(stderr);
  };
  expect(ran('--add-host=db:10.9.9.1')).toBe(true);
  expect(ran('--add-host=db:10.9.9.2')).toBe(false);
  expect(ran('--add-host=other:10.9.9.1')).toBe(true);
});

test.for([
  ['db', 'is not NAME:IP'],
  ['db:10.9.9', 'is not NAME:IP'],
  ['d b:10.9.9.1', 'is not NAME:IP'],
  ['db:10.9.9.1\n6.6.6.6 other', 'is not NAME:IP'],
  ['db:host-gateway', 'there is no gateway to a host'],
])('%j is refused', ([value = '', message = '']) => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nRUN ["/x"]\n' });
  const { stderr } = slipway(tmpDir(), ['build', '--add-host', value, folder]);
  expect(stderr).toContain(message);
});
