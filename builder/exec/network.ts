// The network that steps get by default. As root it is the machine's, as with BuildKit where no CNI is set up;
// for an ordinary user one of its own behind pasta or slirp4netns, where they are, so that a step reaches nothing
// that listens on the machine's loopback.

import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELPER_PATH, type Isolation } from './runner.ts';

/** What a step asks for. */
export type StepNetwork = 'default' | 'none' | 'host';

/** A program that joins a network namespace to the machine's network. */
export interface NetworkHelper {
  readonly kind: 'pasta' | 'slirp4netns';
  readonly program: string;
}

export interface DefaultNetwork {
  /** Undefined: the machine's network. */
  readonly helper: NetworkHelper | undefined;
  readonly why: string;
}

/** Both make their end of the network with it. */
const TUN = '/dev/net/tun';

/** Chooses what `default` means on a rung. */
export function defaultNetwork({ rung }: Pick<Isolation, 'rung'>): DefaultNetwork {
  if (rung !== 'rootless' && rung !== 'single-id') {
    return { helper: undefined, why: "as root, steps have the machine's network" };
  }
  const helper = findHelper();
  if (helper === undefined) {
    return {
      helper,
      why: "neither pasta nor slirp4netns is installed, so that steps reach the machine's own services",
    };
  }
  if (!may(TUN, constants.R_OK | constants.W_OK)) {
    return { helper: undefined, why: `${helper.kind} needs ${TUN}, which this user may not open` };
  }
  return { helper, why: "a network of their own, without the machine's loopback" };
}

function findHelper(): NetworkHelper | undefined {
  for (const kind of ['pasta', 'slirp4netns'] as const) {
    for (const folder of HELPER_PATH) {
      const program = join(folder, kind);
      if (may(program, constants.X_OK)) return { kind, program };
    }
  }
  return undefined;
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** What the runner is told: `host` is the network that it is in itself. */
export function runnerNetwork(network: StepNetwork): 'host' | 'none' {
  return network === 'none' ? 'none' : 'host';
}

/** What gives a runner a network of its own; nothing where it is to have the machine's. */
export function helperWords(helper: NetworkHelper | undefined): string[] {
  return helper === undefined ? [] : ['network-helper', helper.kind, helper.program];
}

/**
 * The text of a step's resolv.conf: the machine's, but for resolvers on its loopback, which a network of one's own
 * does not reach.
 */
export function resolvConf(helper: NetworkHelper | undefined, files = RESOLV_CONFS): string {
  const [usual = '', ...others] = files.map(readText);
  if (helper === undefined) return usual;
  return [usual, ...others].map(reachable).find(hasResolver) ?? reachable(usual);
}

/** The second one has the resolvers behind systemd-resolved, which is on the loopback. */
const RESOLV_CONFS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

function reachable(text: string): string {
  const lines = text.split('\n');
  return lines.filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line)).join('\n');
}

function hasResolver(text: string): boolean {
  return /^\s*nameserver\s/m.test(text);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
