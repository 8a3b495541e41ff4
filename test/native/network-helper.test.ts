// A runner that gets a network of its own for one `run`: what a shell in a step has. In a network namespace
// that stands for the machine's, so that a machine with IPv6 alone can be had.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { useBench } from '../support/bench.ts';
import { hasProgram, requires, requiresPrograms } from '../support/requires.ts';
import { callRunner } from '../support/runner.ts';

const PASTA = '/usr/bin/pasta';

const FAMILIES = [
  ['IPv4', 'ip addr add 10.9.8.2/24 dev out0; ip route add default via 10.9.8.1 dev out0'],
  [
    'IPv6 alone',
    'ip -6 addr add fd00::2/64 dev out0 nodad; ip -6 route add default via fd00::1 dev out0',
  ],
] as const;

describe.each(['rootless', 'single-id'] as const)('on rung %s', (rung) => {
  const bench = useBench(rung);

  function onMachineWith(context: TestContext, addresses: string) {
    bench.need(context);
    requires(context, hasProgram(PASTA), `the program ${PASTA}`);
    requiresPrograms(context, 'ip', 'unshare', 'setpriv');
    const binary = join(bench.folder(), 'runner');
    const script = [
      'set -e; ip link set lo up; ip link add out0 type veth peer name out1',
      `ip link set out1 up; ip link set out0 up; ${addresses}`,
      `exec setpriv --reuid=${bench.uid} --regid=${bench.uid} --clear-groups ${bench.binary} "$1"`,
    ].join('; ');
    writeFileSync(binary, `#!/bin/sh\nexec unshare --net sh -c '${script}' sh "$1"\n`, {
      mode: 0o755,
    });
    const words = ['network-helper', 'pasta', PASTA, 'network', 'host'];
    const args = ['/probe', 'all', 'ls', '/sys/class/net', ',', 'cat', '/proc/net/ipv6_route'];
    return callRunner({
      verb: 'run',
      words: [...bench.maps, ...bench.prepare({ args, words }).words],
      binary,
    });
  }

  test.for(FAMILIES)('the helper joins it to a machine with %s', async ([, addresses], context) => {
    const result = await onMachineWith(context, addresses);
    expect(result.events.filter(({ event }) => event === 'note')).toEqual([]);
    expect(result.event('exit')).toMatchObject({ code: 0 });
    expect(result.stdout.toString()).toMatch(/^out0$/m);
  });
});
