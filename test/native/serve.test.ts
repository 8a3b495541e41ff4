// One runner for one step after another.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Bench, RUNGS, useBench } from '../support/bench.ts';
import { requires } from '../support/requires.ts';
import { IS_SANITIZED } from '../support/runner.ts';
import { type ServingRunner, serveRunner } from '../support/serving-runner.ts';

/** What a client says once, and what each request of a rung needs. */
function start(bench: Bench): ServingRunner {
  const words = bench.maps.filter((word) => word !== 'single-id');
  return serveRunner({ binary: bench.binary, uid: bench.uid, words });
}

function runOf(bench: Bench, args: readonly string[], words: readonly string[] = []): string[] {
  const rung = bench.maps.includes('single-id') ? ['single-id'] : [];
  return ['run', ...rung, ...(bench.prepare({ args, words }).words as string[])];
}

const status = (pid: number | undefined, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ??
  '';

describe.each(RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  test('steps and dumps follow one another, and each answer says how much was written', async (context) => {
    bench.need(context);
    const server = start(bench);
    const step = bench.prepare({ args: ['/probe', 'write', '/made', 'by a step'] });
    const rungWords = bench.maps.includes('single-id') ? ['single-id'] : [];
    const first = await server.ask(['run', ...rungWords, ...(step.words as string[])]);
    expect(first.at(-1)).toMatchObject({ event: 'exit', code: 0 });
    const before = server.stdout().length;
    const dump = await server.ask(['dump', ...rungWords, 'dir', step.upper, 'all']);
    expect(dump.at(-1)).toMatchObject({ event: 'done', bytes: 9 });
    const second = await server.ask(runOf(bench, ['/probe', 'pwd']));
    expect(second.at(-1)).toMatchObject({ event: 'exit', code: 0, stderr_bytes: 0 });
    const written = Number(dump.at(-1)?.['stdout_bytes']) + Number(second.at(-1)?.['stdout_bytes']);
    expect(await server.end()).toBe(0);
    expect(server.stdout().length - before).toBe(written);
    expect(server.stdout()).toContain('by a step');
  });

  test('a step that is killed ends alone, and the next one runs', async (context) => {
    bench.need(context);
    const server = start(bench);
    const killed = server.ask(runOf(bench, ['/probe', 'all', 'pwd', ',', 'sleep', '600']));
    while (server.stdout() === '') await sleep(5);
    server.child.kill('SIGTERM');
    expect((await killed).at(-1)).toMatchObject({ event: 'exit', signal: 'SIGTERM' });
    expect((await server.ask(runOf(bench, ['/probe', 'pwd']))).at(-1)).toMatchObject({ code: 0 });
    expect(await server.end()).toBe(0);
  });

  test('nothing of a step stays in the server: no descriptor, no signal mask, no memory', async (context) => {
    bench.need(context);
    requires(context, process.getuid?.() === 0, 'root, to look at its descriptors');
    const server = start(bench);
    await server.ask(runOf(bench, ['/probe', 'pwd']));
    const { pid } = server.child;
    const look = async (): Promise<unknown> => {
      // Its last event comes before the last of its work.
      await sleep(50);
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      return { descriptors, blocked: status(pid, 'SigBlk') };
    };
    const after = await look();
    for (let i = 0; i < 20; i++) await server.ask(runOf(bench, ['/probe', 'pwd']));
    expect(await look()).toEqual(after);
    expect(status(pid, 'SigBlk')).toBe('0000000000000000');
    if (!IS_SANITIZED) expect(Number.parseInt(status(pid, 'VmRSS'), 10)).toBeLessThan(3 * 1024);
    await server.end();
  });

  test('a failure of the sandbox is an error and ends the server', async (context) => {
    bench.need(context);
    const server = start(bench);
    const events = await server.ask(runOf(bench, ['/probe', 'pwd'], ['cwd', '/nowhere']));
    expect(events.at(-1)).toMatchObject({ event: 'error', code: 'E_WORKDIR' });
    expect(await server.end()).toBe(1);
  });

  test('only steps and dumps can be asked for', async (context) => {
    bench.need(context);
    const server = start(bench);
    const events = await server.ask(['remove', 'path', '/nothing']);
    expect(events.at(-1)).toMatchObject({
      event: 'error',
      code: 'E_RUNNER_WORDS',
      message: '"remove" cannot be asked of a server',
    });
    expect(await server.end()).toBe(1);
  });
});
