// The runner's probe: tries each thing that a RUN step needs and says which fail.

import { BuildError } from '../../core/errors.ts';
import { type Isolation, startRunner } from './runner.ts';

export interface ProbeFeature {
  readonly ok: boolean;
  readonly message?: string;
  readonly hint?: string;
}

export interface ProbeReport {
  readonly kernel: string;
  readonly arch: string;
  readonly cgroup: number;
  /** How what a step reads can be seen; null: not at all. `listener` is the errno by which it is not the first of these. */
  readonly observation: { readonly way: 'notice' | 'ptrace' | null; readonly listener?: string };
  /** By name: `userns`, `idmap`, `mountns`, `overlay`, ... */
  readonly features: Readonly<Record<string, ProbeFeature>>;
}

/** Probes with the ids of `isolation`; `dir` is a folder on the store's file system. */
export async function probe(isolation: Isolation, dir: string): Promise<ProbeReport> {
  const runner = startRunner('probe', isolation, ['dir', dir]);
  runner.stdin.end();
  runner.stderr.resume();
  let text = '';
  for await (const chunk of runner.stdout) text += String(chunk);
  await runner.ended;
  const { kernel, arch, cgroup, observation, ...rest } = JSON.parse(text) as Record<
    string,
    unknown
  >;
  if (typeof kernel !== 'string' || typeof arch !== 'string') {
    throw new BuildError('E_SANDBOX', 'the runner gave no probe report');
  }
  const features = Object.fromEntries(
    Object.entries(rest).filter((pair): pair is [string, ProbeFeature] => isFeature(pair[1])),
  );
  return {
    kernel,
    arch,
    cgroup: Number(cgroup),
    observation: readObservation(observation),
    features,
  };
}

function readObservation(value: unknown): ProbeReport['observation'] {
  const { way, listener } = (value ?? {}) as Record<string, unknown>;
  return {
    way: way === 'notice' || way === 'ptrace' ? way : null,
    ...(typeof listener === 'string' ? { listener } : {}),
  };
}

function isFeature(value: unknown): value is ProbeFeature {
  return typeof value === 'object' && value !== null && 'ok' in value;
}
