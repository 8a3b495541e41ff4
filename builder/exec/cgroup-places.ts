// Where on this machine control groups can be made: the hierarchies that are mounted, and slipway's own
// place in each.
// cgroups(7), proc_pid_mountinfo(5)

import { join, relative } from 'node:path';

export interface CgroupPlace {
  readonly version: 1 | 2;
  /** Where the hierarchy is mounted. */
  readonly mount: string;
  /** The folder of the group that slipway is in. */
  readonly own: string;
}

/** Returns the place for `controller` from the texts of /proc/self/cgroup and /proc/self/mountinfo. */
export function cgroupPlace(
  controller: string,
  cgroup: string,
  mountinfo: string,
): CgroupPlace | undefined {
  const groups = cgroup
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .flatMap((match) =>
      match ? [{ names: (match[1] ?? '').split(','), path: match[2] ?? '' }] : [],
    );
  const mounts = mountinfo.split('\n').flatMap(readMount);
  const first = mounts.find(
    ({ type, options }) => type === 'cgroup' && options.includes(controller),
  );
  const ownFirst = groups.find(({ names }) => names.includes(controller));
  if (first !== undefined && ownFirst !== undefined) return place(1, first, ownFirst.path);
  const second = mounts.find(({ type }) => type === 'cgroup2');
  const ownSecond = groups.find(({ names }) => names.length === 1 && names[0] === '');
  return second && ownSecond && place(2, second, ownSecond.path);
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function readMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, point] = before.split(' ').map(unescaped);
  const [type, , options = ''] = after.split(' ');
  if (root === undefined || point === undefined || type === undefined) return [];
  return [{ root, point, type, options: options.split(',') }];
}

/** Spaces and the like are written as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** A mount may show a part of the hierarchy only; what lies outside of it is as good as its root. */
function place(version: 1 | 2, { root, point }: Mount, path: string): CgroupPlace {
  const inside = relative(root, path);
  const isOutside = inside === '..' || inside.startsWith('../');
  return { version, mount: point, own: isOutside ? point : join(point, inside) };
}
