// `--platform` of the commands that take an image of several platforms.

import type { Command } from 'commander';
import type { Platform } from '../../image/model.ts';
import { hostPlatform, parsePlatform } from '../../image/platform.ts';
import type { Host } from '../host.ts';

/** Adds the flag to `command`. */
export function declarePlatform(command: Command): void {
  command.option('--platform <os/arch>', 'of several platforms (default: this machine)');
}

/** Returns the flag's value, or the platform of this machine. Throws E_PLATFORM_INVALID. */
export function readPlatform(command: Command, host: Pick<Host, 'arch'>): Platform {
  const { platform } = command.opts<{ platform?: string }>();
  return platform === undefined ? hostPlatform(host.arch) : parsePlatform(platform);
}
