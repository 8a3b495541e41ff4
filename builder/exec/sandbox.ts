// The isolation of one build: chosen when it is first needed, told of once, and cleaned up at the end.

import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerForm } from '../../cache/layer-folders.ts';
import { staleTemporaries } from '../../cache/leases.ts';
import type { Store } from '../../cache/store.ts';
import type { BuildEnvironment } from '../environment.ts';
import type { StepLimits } from '../step-options.ts';
import { type HostCa, readHostCa } from './host-ca.ts';
import { chooseIsolation, layerForm } from './isolation.ts';
import { type DefaultNetwork, defaultNetwork, type NetworkHelper } from './network.ts';
import { type Isolation, startRunner } from './runner.ts';
import { ServerPool } from './runner-server.ts';
import { type LimitedStep, LimitPool } from './step-limits.ts';

/** How long the end of a build may take to remove its temporaries; the next command sweeps the rest. */
const CLEANING_MS = 60_000;

export interface Sandbox {
  /** Chooses the rung at the first call. Throws E_ISOLATION. */
  readonly isolation: () => Promise<Isolation>;
  /** An empty folder: every step mounts its root there, where no other process sees it. */
  root(): string;
  /** The entry stream of a folder. */
  dump(dir: string): AsyncIterable<Uint8Array>;
  /** Limits one step of the build; told of once is what cannot be had and nobody asked for. Throws E_LIMIT. */
  limit(limits: StepLimits, helper: NetworkHelper | undefined): Promise<LimitedStep>;
  /** What makes the network of steps that ask for none in particular, told of once. */
  defaultNetwork(): Promise<NetworkHelper | undefined>;
  /** The certificates that this machine trusts, told of once. Throws E_USAGE where it has none. */
  hostCa(): Promise<HostCa>;
  /** In which form that rung has layers on disk; tells nobody of the choice. */
  readonly layerForm: () => Promise<LayerForm>;
  /** Removes the temporaries that only the runner can remove. */
  close(): Promise<void>;
}

/** Opens the sandbox of a build in `store`. */
export function openSandbox(
  store: Store,
  wanted: 'auto' | Isolation['rung'],
  { events, signal, variables }: BuildEnvironment,
): Sandbox {
  let found: Promise<Isolation> | undefined;
  let chosen: Promise<Isolation> | undefined;
  const pool = new LimitPool();
  const servers = new ServerPool();
  let root: string | undefined;
  let network: DefaultNetwork | undefined;
  let certificates: Promise<HostCa> | undefined;
  const find = (): Promise<Isolation> => {
    found ??= chooseIsolation(wanted, signal);
    return found;
  };
  const choose = async (): Promise<Isolation> => {
    const isolation = await find();
    const { rung, why } = isolation;
    events({ event: 'choice', subject: 'isolation', chosen: rung, why });
    const stale = staleTemporaries(store.home);
    if (stale.length > 0) await removeAll(isolation, stale);
    return isolation;
  };
  return {
    isolation() {
      chosen ??= choose();
      return chosen;
    },
    hostCa() {
      certificates ??= readHostCa(variables).then((found) => {
        const why = 'asked for; not in the image, and not in a key';
        events({ event: 'choice', subject: 'host-ca', chosen: found.files.join(', '), why });
        return found;
      });
      return certificates;
    },
    root() {
      root ??= makeRoot(store);
      return root;
    },
    async *dump(dir) {
      yield* servers.dump(await this.isolation(), dir);
    },
    async limit(limits, helper) {
      return pool.take(limits, { isolation: await this.isolation(), helper }, events);
    },
    async defaultNetwork() {
      if (network === undefined) {
        network = defaultNetwork(await this.isolation());
        const chosen = network.helper?.kind ?? 'host';
        events({ event: 'choice', subject: 'network', chosen, why: network.why });
      }
      return network.helper;
    },
    // Without any rung there is nothing to read either.
    layerForm: () => find().then(layerForm, () => 'fs' as const),
    async close() {
      await Promise.all([pool.close(), servers.close()]);
      const isolation = await chosen?.catch(() => undefined);
      if (isolation === undefined) return;
      const left = await readdir(store.lease.tmp);
      const paths = left.map((name) => join(store.lease.tmp, name));
      if (paths.length === 0) return;
      const signal = AbortSignal.timeout(CLEANING_MS);
      await removeAll({ ...isolation, signal }, paths).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
  };
}

function makeRoot({ lease }: Store): string {
  const path = join(lease.tmp, 'root');
  mkdirSync(path);
  return path;
}

/** Removes folders whatever owns their files, in the runner. */
export async function removeAll(isolation: Isolation, paths: readonly string[]): Promise<void> {
  const runner = startRunner(
    'remove',
    isolation,
    paths.flatMap((path) => ['path', path]),
  );
  runner.stdin.end();
  runner.stdout.resume();
  runner.stderr.resume();
  await runner.ended;
}
