// How RUN steps are run on this machine, as the caller wants it: nothing that a Dockerfile can say.

/** What steps may ask for beyond what every step has, once the caller allows it. */
export const ENTITLEMENTS = ['network.host', 'security.insecure'] as const;
export type Entitlement = (typeof ENTITLEMENTS)[number];

export interface StepOptions {
  /** `--add-host`: lines of /etc/hosts in steps, in the order given. Names are part of a key, addresses are not. */
  readonly extraHosts: readonly ExtraHost[];
}

export interface ExtraHost {
  readonly name: string;
  /** IPv4 or IPv6. */
  readonly address: string;
}
