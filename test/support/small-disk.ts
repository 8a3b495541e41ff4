// A file system with little room, for tests of a full disk: a tmpfs that ends with the test.

import { spawnSync } from 'node:child_process';
import { onTestFinished, type TestContext } from 'vitest';
import { requires, requiresPrograms } from './requires.ts';
import { tmpDir } from './tmp.ts';

export interface SmallDisk {
  readonly path: string;
  /** Gives it other mount options, as in `size=64m` or `ro`. */
  remount(options: string): void;
}

/** Mounts a tmpfs of `size` (as in `4m`). Skips where this user may not mount. */
export function smallDisk(context: TestContext, size: string): SmallDisk {
  requiresPrograms(context, 'mount', 'umount');
  const path = tmpDir();
  const mount = (options: string): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'slipway-test', path]).status === 0;
  requires(context, mount(`size=${size}`), 'the right to mount a tmpfs');
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
  return { path, remount: (options) => void mount(`remount,${options}`) };
}
