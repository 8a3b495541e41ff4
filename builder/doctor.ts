// What this machine offers: the rung of the isolation ladder, the store, what is missing and how to
// get it. The runner's own probe answers, so that nothing is claimed that was not tried.

import { statfs } from 'node:fs/promises';
import { openStore } from '../cache/store.ts';
import { isBuildError } from '../core/errors.ts';
import { gzip } from '../image/compress/gzip.ts';
import type { BuildEnvironment } from './environment.ts';
import { chooseIsolation } from './exec/isolation.ts';
import { defaultNetwork } from './exec/network.ts';
import { type ProbeReport, probe } from './exec/probe.ts';

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What slipway will use, where there is a choice. */
  readonly chosen?: string;
  readonly detail: string;
  /** What to do where it is not ok. */
  readonly hint?: string;
}

export interface DoctorReport {
  readonly checks: readonly DoctorCheck[];
}

/** Examines the machine for the store at `environment.home`. Throws what opening the store throws. */
export async function diagnose(environment: BuildEnvironment): Promise<DoctorReport> {
  const store = await openStore(environment.home);
  try {
    const checks = [
      await checkIsolation(store.lease.tmp, environment.signal),
      await checkObservation(store.lease.tmp, environment.signal),
      await checkNetwork(environment.signal),
      await checkStore(store.home),
    ];
    checks.push(
      {
        name: 'layer copy',
        ok: true,
        chosen: 'rename',
        detail: 'the upper folder of a RUN becomes its layer',
      },
      { name: 'compressor', ok: true, chosen: 'gzip', detail: gzip().name },
    );
    return { checks };
  } finally {
    await store.close();
  }
}

async function checkIsolation(dir: string, signal: AbortSignal): Promise<DoctorCheck> {
  const name = 'isolation';
  try {
    const isolation = await chooseIsolation('auto', signal);
    const report = await probe(isolation, dir);
    const failed = firstFailure(report);
    const machine = `kernel ${report.kernel}, ${report.arch}, cgroup v${report.cgroup}`;
    const detail = `${isolation.why}; ${machine}`;
    if (failed === undefined) {
      const better = isolation.rung === 'single-id' ? await toBeRootless(signal) : {};
      return { name, ok: true, chosen: isolation.rung, detail, ...better };
    }
    const [what, { message, hint }] = failed;
    return {
      name,
      ok: false,
      chosen: isolation.rung,
      detail: `${what}: ${message ?? 'not available'} (${detail})`,
      ...(hint === undefined ? {} : { hint }),
    };
  } catch (error) {
    if (!isBuildError(error)) throw error;
    const { hint } = error;
    return { name, ok: false, detail: error.message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Whether a RUN can be reused by what it read. Without it builds work, and run more. */
async function checkObservation(dir: string, signal: AbortSignal): Promise<DoctorCheck> {
  const name = 'observation';
  try {
    const { observation } = await probe(await chooseIsolation('auto', signal), dir);
    const { way, listener = 'not tried' } = observation;
    if (way === 'notice')
      return { name, ok: true, chosen: way, detail: 'seccomp user notification' };
    const detail = `no seccomp user notification here: ${listener}`;
    if (way === 'ptrace') return { name, ok: true, chosen: way, detail };
    return {
      name,
      ok: true,
      chosen: 'none',
      detail: `${detail}, nor ptrace: every RUN is reused by its whole input only`,
    };
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return { name, ok: false, detail: 'no RUN step can be isolated here' };
  }
}

async function checkNetwork(signal: AbortSignal): Promise<DoctorCheck> {
  const name = 'network';
  try {
    const { helper, why } = defaultNetwork(await chooseIsolation('auto', signal));
    return { name, ok: true, chosen: helper?.kind ?? 'host', detail: why };
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return { name, ok: false, detail: 'no RUN step can be isolated here' };
  }
}

/** What makes steps cheaper, and users of a step real ones. */
async function toBeRootless(signal: AbortSignal): Promise<Pick<DoctorCheck, 'hint'>> {
  try {
    await chooseIsolation('rootless', signal);
  } catch (error) {
    if (isBuildError(error) && error.hint !== undefined) {
      return { hint: `for the rootless rung, which is faster: ${error.hint}` };
    }
  }
  return {};
}

function firstFailure(report: ProbeReport) {
  return Object.entries(report.features).find(([, feature]) => !feature.ok);
}

async function checkStore(home: string): Promise<DoctorCheck> {
  const { bavail, bsize } = await statfs(home);
  const free = (bavail * bsize) / 2 ** 30;
  const detail = `${home}, ${free.toFixed(1)} GiB free`;
  if (free >= 1) return { name: 'store', ok: true, detail };
  return { name: 'store', ok: false, detail, hint: 'set SLIPWAY_HOME to a disk with more room' };
}
