// How RUN steps are run on this machine, as the caller wants it: nothing that a Dockerfile can say.

/** What steps may ask for beyond what every step has, once the caller allows it. */
export const ENTITLEMENTS = ['network.host', 'security.insecure'] as const;
export type Entitlement = (typeof ENTITLEMENTS)[number];

export interface StepOptions {
  /** `--add-host`: lines of /etc/hosts in steps, in the order given. Names are part of a key, addresses are not. */
  readonly extraHosts: readonly ExtraHost[];
  /** `--host-ca`: programs in steps trust what this machine trusts. */
  readonly hostCa: boolean;
  readonly limits: StepLimits;
  /** Milliseconds that a step may take; undefined is for ever. */
  readonly timeout: number | undefined;
}

export interface ExtraHost {
  readonly name: string;
  /** IPv4 or IPv6. */
  readonly address: string;
}

/** What one step may use. None of it is part of a key. Undefined is no limit of ours, but for `pids`. */
export interface StepLimits {
  /** Bytes of /dev/shm. */
  readonly shm: number | undefined;
  readonly ulimits: readonly Ulimit[];
  /** Bytes. */
  readonly memory: number | undefined;
  /** Bytes of memory and swap together; Infinity for as much as there is. */
  readonly memorySwap: number | undefined;
  /** Microseconds of processor time in each period. */
  readonly cpuQuota: number | undefined;
  /** Microseconds. */
  readonly cpuPeriod: number | undefined;
  /** Against others that want the processors too; 1024 is usual. */
  readonly cpuShares: number | undefined;
  /** A list such as `0-2,5`. */
  readonly cpusetCpus: string | undefined;
  readonly cpusetMems: string | undefined;
  /** Processes and threads; undefined is a bound that only a fork bomb meets, Infinity is none. */
  readonly pids: number | undefined;
  /** A path of the cgroup hierarchies, instead of slipway's own place. */
  readonly cgroupParent: string | undefined;
}

export interface Ulimit {
  /** As setrlimit(2) has it, in lower case: `nofile`. */
  readonly name: string;
  /** Infinity for unlimited. */
  readonly soft: number;
  readonly hard: number;
}
