// A build that is killed at any moment leaves a store that works, and a build that is stopped leaves
// nothing behind.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../support/seed.ts';
import { BUSYBOX, busyboxContext, ended, slipway, startSlipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DOCKERFILE = `${BUSYBOX}COPY data /data
RUN sha256sum /data/* > /sums
RUN dd if=/dev/zero of=/big bs=65536 count=64
FROM scratch AS second
COPY --from=0 /bin /bin
COPY --from=0 /sums /sums
RUN rm /bin/vi; cp /sums /again
`.replace('FROM scratch\n', 'FROM scratch AS first\n');

const DATA = Object.fromEntries(
  Array.from({ length: 200 }, (_, i) => [`data/f${i}`, String(i).repeat(500)]),
);

/** Processes whose command line names the runner and this store. */
function runnersOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
        return line.includes('slipway-runner') && root.includes(home);
      } catch {
        return false;
      }
    });
}

function leftBehind(home: string) {
  return {
    temporaries: readdirSync(join(home, 'tmp')),
    leases: readdirSync(join(home, 'leases')),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(home)),
    runners: runnersOf(home),
  };
}

test('killed at 50 random moments, the next build is right every time', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: DOCKERFILE, ...DATA });
  const args = ['build', '-q', '--iidfile', join(folder, 'id'), folder];
  const env = { SOURCE_DATE_EPOCH: '1700000000' };
  const wanted = slipway(tmpDir(), args, env).stdout;
  expect(wanted).toMatch(/^sha256:/);
  const random = seededRandom('crash');
  for (let round = 0; round < 50; round++) {
    // A store of its own each time: in a warm one there would be next to nothing to kill.
    const home = tmpDir();
    const child = startSlipway(home, args, env);
    const end = ended(child);
    await sleep(random.int(900));
    child.kill('SIGKILL');
    await end;
    const next = slipway(home, args, env);
    expect(next.stderr + next.stdout, `round ${round}`).toBe(wanted);
    expect(leftBehind(home)).toEqual({ temporaries: [], leases: [], mounts: [], runners: [] });
  }
});

test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a build within a second and leaves nothing behind',
  async (signal, context) => {
    const folder = busyboxContext(context, {
      Dockerfile: `${BUSYBOX}RUN trap '' TERM; (sleep 1000 &) ; echo here; sleep 1000\n`,
    });
    const home = tmpDir();
    const child = startSlipway(home, ['build', '--progress=plain', folder]);
    await new Promise<void>((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk) => {
        text += String(chunk);
        if (/\d here\n/.test(text)) resolve();
      });
    });
    const started = performance.now();
    child.kill(signal);
    const status = await ended(child);
    const seconds = (performance.now() - started) / 1000;
    expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(leftBehind(home)).toEqual({ temporaries: [], leases: [], mounts: [], runners: [] });
    // Four times what is promised: a busy machine must not fail the test.
    expect(seconds).toBeLessThan(4);
  },
);

test('two builds of one Dockerfile at once in one store are both right', async (context) => {
  const folder = busyboxContext(context, { Dockerfile: DOCKERFILE, ...DATA });
  const env = { SOURCE_DATE_EPOCH: '1700000000' };
  const wanted = slipway(tmpDir(), ['build', '-q', folder], env).stdout;
  const home = tmpDir();
  const builds = Array.from({ length: 4 }, async (_, index) => {
    const child = startSlipway(home, ['build', '-q', '-t', `both${index}`, folder], env);
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
    });
    await ended(child);
    return text;
  });
  expect(await Promise.all(builds)).toEqual([wanted, wanted, wanted, wanted]);
  const names = slipway(home, ['images', '--format', 'json']).stdout.match(/both\d/g);
  expect(new Set(names)).toEqual(new Set(['both0', 'both1', 'both2', 'both3']));
});
