// The control groups of one step: made, limited, and taken away again. A limit that was asked for and that
// this machine or user cannot have is an error, never passed over.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName } from '../../core/atomic-file.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import type { StepLimits } from '../step-options.ts';
import { type CgroupPlace, cgroupPlace } from './cgroup-places.ts';
import { type CgroupSetting, cgroupSettings } from './cgroup-settings.ts';

export interface StepCgroup {
  /** Folders that the runner is to enter. */
  readonly folders: readonly string[];
  /** True where the kernel killed a process of the step for want of memory. */
  ranOutOfMemory(): Promise<boolean>;
  remove(): Promise<void>;
}

/** The texts of /proc/self/cgroup and /proc/self/mountinfo. */
export interface CgroupTexts {
  readonly cgroup: string;
  readonly mountinfo: string;
}

/** Reads them. */
export async function readCgroupTexts(): Promise<CgroupTexts> {
  const read = (name: string) => readFile(`/proc/self/${name}`, 'utf8').catch(() => '');
  return { cgroup: await read('cgroup'), mountinfo: await read('mountinfo') };
}

/** Makes the groups that `limits` need: none where there is nothing to limit. Throws E_LIMIT. */
export async function makeStepCgroup(limits: StepLimits, texts: CgroupTexts): Promise<StepCgroup> {
  const made = new Map<string, string>();
  const remove = async (): Promise<void> => {
    for (const folder of made.values()) await removeGroup(folder);
  };
  try {
    for (const controller of ['memory', 'cpu', 'cpuset', 'pids'] as const) {
      const place = cgroupPlace(controller, texts.cgroup, texts.mountinfo);
      const of = ({ controller: other }: CgroupSetting): boolean => other === controller;
      const settings = cgroupSettings(limits, place?.version ?? 2).filter(of);
      const [first] = settings;
      if (first === undefined) continue;
      if (place === undefined) throw impossible(first, 'no control groups are mounted');
      const folder = await makeGroup(place, first, limits.cgroupParent, made);
      for (const setting of settings) await write(folder, setting);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const folders = [...new Set(made.values())];
  return { folders, remove, ranOutOfMemory: () => hasKilled(folders) };
}

/** The group of a controller; hierarchies and controllers that share a folder share the group. */
async function makeGroup(
  place: CgroupPlace,
  setting: CgroupSetting,
  parent: string | undefined,
  made: Map<string, string>,
): Promise<string> {
  const { controller } = setting;
  const base = parent === undefined ? place.own : join(place.mount, parent);
  // Its own group has processes in it, which version 2 forbids of one that hands on controllers.
  const bases = parent === undefined && place.version === 2 ? [base, dirname(base)] : [base];
  let reason: unknown;
  for (const [index, candidate] of bases.entries()) {
    if (index > 0 && base === place.mount) continue;
    const known = made.get(candidate);
    try {
      await mkdir(candidate, { recursive: true });
      if (place.version === 2) await handOn(candidate, controller);
      const folder = known ?? (await makeOwn(candidate));
      made.set(candidate, folder);
      if (place.version === 1 && controller === 'cpuset') await inheritCpus(candidate, folder);
      return folder;
    } catch (error) {
      reason ??= error;
    }
  }
  throw impossible(setting, `${base}: ${errnoOf(reason) ?? String(reason)}`);
}

/** Makes a group whose name says whose it is, and removes those of processes that were killed. */
async function makeOwn(parent: string): Promise<string> {
  const namespace = (await readlink('/proc/self/ns/pid').catch(() => '')).replace(/\D/g, '');
  const prefix = `slipway-${namespace}-`;
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : undefined;
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeGroup(join(parent, name));
  }
  const folder = join(parent, temporaryName(prefix.slice(0, -1)).slice(1));
  await mkdir(folder);
  return folder;
}

/** Lets the groups in `folder` have `controller`. */
async function handOn(folder: string, controller: string): Promise<void> {
  const file = join(folder, 'cgroup.subtree_control');
  const has = (await readFile(file, 'utf8')).trim().split(' ');
  if (!has.includes(controller)) await writeFile(file, `+${controller}`);
}

/** A new group of version 1 has no processors and no memory until it is given some. */
async function inheritCpus(parent: string, folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(folder, file), await readFile(join(parent, file), 'utf8'));
  }
}

async function write(folder: string, setting: CgroupSetting): Promise<void> {
  try {
    await writeFile(join(folder, setting.file), setting.value, { flag: 'r+' });
  } catch (error) {
    // Without accounting of swap there is no such file, and swap is not limited.
    if (setting.flag === undefined) return;
    throw impossible(setting, `${setting.file}: ${errnoOf(error) ?? String(error)}`);
  }
}

function impossible({ flag, controller }: CgroupSetting, why: string): BuildError {
  return new BuildError('E_LIMIT', `${flag ?? controller} cannot be had here (${why})`, {
    hint: `it needs the ${controller} controller of cgroups: as root, in a systemd-run --user --scope -p Delegate=yes, or --cgroup-parent`,
  });
}

/** Of `memory.events` (version 2) and `memory.oom_control` (version 1). */
async function hasKilled(folders: readonly string[]): Promise<boolean> {
  for (const file of ['memory.events', 'memory.oom_control']) {
    for (const folder of folders) {
      const text = await readFile(join(folder, file), 'utf8').catch(() => '');
      if (/^oom_kill [1-9]/m.test(text)) return true;
    }
  }
  return false;
}

/** The kernel takes a moment to let the last process go. */
async function removeGroup(folder: string): Promise<void> {
  for (let wait = 1; wait < 200; wait *= 2) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY') return;
      await sleep(wait);
    }
  }
}
