// What the caller allows a Dockerfile to ask for beyond what every step has. Asked at one place, for all steps
// that the target needs, before any of them runs: CVE-2024-23653 was a second place that did not ask.

import { BuildError } from '../core/errors.ts';
import type { BuildOptions } from './options.ts';
import type { Graph, RunSpec } from './plan/graph.ts';
import type { Entitlement } from './step-options.ts';

/** Throws E_ENTITLEMENT at the first step that asks for what was not allowed. */
export function checkEntitlements(
  { vertices }: Graph,
  { allow, network }: Pick<BuildOptions, 'allow' | 'network'>,
): void {
  for (const { op, span } of vertices) {
    if (op.kind !== 'run') continue;
    const denied = wanted(op, network).find((each) => !allow.has(each));
    if (denied === undefined) continue;
    throw new BuildError('E_ENTITLEMENT', `this step asks for ${denied}, which is not allowed`, {
      span,
      hint: `if the Dockerfile and its images are to be trusted with it: --allow ${denied}`,
    });
  }
}

/** A network that the caller asked for with --network is allowed by that, and one that the caller took away stays so. */
function wanted(op: RunSpec, network: BuildOptions['network']): Entitlement[] {
  const asksNetwork = op.network === 'host' && network === 'default';
  return [
    ...(op.insecure ? (['security.insecure'] as const) : []),
    ...(asksNetwork ? (['network.host'] as const) : []),
  ];
}
