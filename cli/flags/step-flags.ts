// The flags of `slipway build` about how RUN steps are run: declared, checked and typed.

import { isIP } from 'node:net';
import type { Command } from 'commander';
import type { BuildOptions } from '../../builder/options.ts';
import {
  ENTITLEMENTS,
  type Entitlement,
  type ExtraHost,
  type StepOptions,
} from '../../builder/step-options.ts';
import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Host } from '../host.ts';
import { declareLimitFlags, readLimitFlags } from './limit-flags.ts';
import { parseSecrets } from './secret.ts';
import { parseSsh } from './ssh.ts';

export interface StepFlags {
  readonly secrets: BuildOptions['secrets'];
  readonly ssh: BuildOptions['ssh'];
  readonly allow: ReadonlySet<Entitlement>;
  readonly steps: StepOptions;
}

interface RawStepFlags {
  readonly secret?: string[];
  readonly ssh?: string[];
  readonly addHost?: string[];
  readonly allow?: string[];
  readonly hostCa?: true;
}

/** Adds the flags to `command`. */
export function declareStepFlags(command: Command): void {
  command
    .option('--secret <spec>', 'id=ID,src=PATH or id=ID,env=NAME (repeatable)', collect)
    .option(
      '--ssh <spec>',
      'default, or ID=SOCKET or ID=KEY[,KEY]: an SSH agent (repeatable)',
      collect,
    )
    .option('--add-host <name:ip>', 'a name that steps find in /etc/hosts (repeatable)', collect)
    .option('--allow <right>', 'network.host or security.insecure for RUN (repeatable)', collect);
  command.option('--host-ca', 'steps trust the certificates that this machine trusts');
  declareLimitFlags(command);
}

/** Returns the checked values of what `command` has parsed. Throws E_USAGE and E_UNSUPPORTED. */
export function readStepFlags(command: Command, host: Pick<Host, 'env' | 'cwd'>): StepFlags {
  const raw = command.opts<RawStepFlags>();
  return {
    secrets: parseSecrets(raw.secret ?? [], host),
    ssh: parseSsh(raw.ssh ?? [], host),
    allow: new Set((raw.allow ?? []).map(readEntitlement)),
    steps: {
      extraHosts: (raw.addHost ?? []).map(readHost),
      hostCa: raw.hostCa ?? false,
      ...readLimitFlags(command),
    },
  };
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function readEntitlement(text: string): Entitlement {
  const found = ENTITLEMENTS.find((each) => each === text);
  if (found !== undefined) return found;
  if (text === 'device' || text.startsWith('device=')) {
    throw new BuildError('E_UNSUPPORTED', `--allow ${text}: steps get no devices`);
  }
  const near = suggest(text, ENTITLEMENTS);
  throw new BuildError('E_USAGE', `--allow ${JSON.stringify(text)}: there is no such right`, {
    hint: near ? `did you mean ${near}?` : `the rights are ${ENTITLEMENTS.join(' and ')}`,
  });
}

/** `name:ip`, `name=ip`, and `name:[ip]`, as docker has them. */
function readHost(text: string): ExtraHost {
  const [, name = '', written = ''] = /^([^:=]*)[:=](.*)$/.exec(text) ?? [];
  const address = written.replace(/^\[(.*)\]$/, '$1');
  if (address === 'host-gateway') {
    throw new BuildError('E_UNSUPPORTED', `--add-host ${text}: there is no gateway to a host`, {
      hint: "steps share this machine's network: its services are at localhost",
    });
  }
  if (/^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?$/.test(name) && isIP(address) !== 0) {
    return { name, address };
  }
  throw new BuildError('E_USAGE', `--add-host ${JSON.stringify(text)} is not NAME:IP`, {
    hint: 'for example: --add-host db:10.0.0.2 or --add-host db:::1',
  });
}
