// The words that tell the runner how to set up and run one RUN step: the file systems that every
// container has, what is masked in them, the network's files, the step's own mounts, the command.

import { hostname } from 'node:os';
import type { Digest } from '../../core/digest.ts';
import { readRoot } from '../../image/tree/directory.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import type { RunSpec } from '../plan/graph.ts';
import type { ExtraHost } from '../step-options.ts';
import { dataWords } from './data-words.ts';
import { HOST_CA_POINT, type HostCa, hostCaEnv, hostCaWords } from './host-ca.ts';
import { type MountPoint, stubWords } from './mount-points.ts';

/** What is hidden in /proc and /sys: runc's and moby's list. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Heredoc scripts appear here, as in the reference. */
const PIPES = '/dev/pipes';

/** One of the step's own mounts, ready for the runner. */
export interface PreparedMount {
  readonly point: MountPoint;
  readonly words: readonly string[];
}

/** What overlayfs makes a root of. */
export interface StackedFolders {
  /** Layer folders, topmost first. */
  readonly lowers: readonly string[];
  readonly work: string;
}

export interface RunFolders {
  readonly upper: string;
  /** Empty where the layers are stacked on it; else the step's root itself. */
  readonly root: string;
  readonly scratch: string;
  /** Absent on rung chroot. */
  readonly stacked?: StackedFolders;
}

export interface RunWordsOptions {
  readonly spec: RunSpec;
  readonly objects: ObjectStore;
  readonly tree: Digest;
  readonly folders: RunFolders;
  readonly mounts: readonly PreparedMount[];
  /** `NAME=value` from secrets, besides the spec's own. */
  readonly secretEnv: readonly string[];
  readonly network: 'host' | 'none';
  readonly extraHosts: readonly ExtraHost[];
  /** Bytes of /dev/shm; undefined is the usual. */
  readonly shm?: number | undefined;
  /** The certificates of this machine, where the caller wants steps to trust them. */
  readonly hostCa?: HostCa | undefined;
  /** The text of the machine's resolv.conf. */
  readonly resolvConf: string;
}

/** Where the step has something else than the image's own files, and its working folder: looked up in the image. */
export function mountPoints({
  spec,
  hostCa,
  mounts,
}: Pick<RunWordsOptions, 'spec' | 'hostCa' | 'mounts'>): readonly MountPoint[] {
  return [
    { target: '/proc', kind: 'dir' },
    { target: '/sys', kind: 'dir' },
    { target: '/dev', kind: 'dir' },
    { target: '/etc/resolv.conf', kind: 'file' },
    { target: '/etc/hosts', kind: 'file' },
    { target: spec.cwd, kind: 'dir' },
    ...(hostCa === undefined ? [] : [HOST_CA_POINT]),
    ...mounts.map(({ point }) => point),
  ];
}

/** Returns the runner's words for a step. Throws E_SYMLINK_LOOP. */
export function runWords(options: RunWordsOptions): string[] {
  const { spec, objects, tree, folders, mounts } = options;
  return [
    ...['upper', folders.upper, 'root', folders.root, 'scratch', folders.scratch],
    ...(folders.stacked === undefined ? [] : stackWords(options, folders.stacked)),
    ...stubWords(objects, tree, mountPoints(options)),
    ...['mount-proc', spec.insecure ? 'mount-sys-rw' : 'mount-sys', 'mount-dev'],
    ...(options.shm === undefined ? [] : ['tmpfs', '/dev/shm', String(options.shm), '1777']),
    ...dataWords('/etc/resolv.conf', options.resolvConf, 0o644),
    ...dataWords('/etc/hosts', hosts(hostNames(spec, folders), options.extraHosts), 0o644),
    ...(options.hostCa === undefined ? [] : hostCaWords(options.hostCa)),
    ...scriptWords(spec),
    ...mounts.flatMap(({ words }) => words),
    ...(folders.stacked === undefined ? [] : namespaceWords(spec)),
    ...['network', options.network],
    ...['cwd', spec.cwd, 'user', spec.user],
    ...environment(options).flatMap((value) => ['env', value]),
    ...spec.args.flatMap((value) => ['arg', value]),
  ];
}

/** The root is a stack of layers. */
function stackWords(
  { objects, tree }: RunWordsOptions,
  { lowers, work }: StackedFolders,
): readonly string[] {
  const root = readRoot(objects, tree);
  return [
    ...lowers.flatMap((lower) => ['lower', lower]),
    ...['work', work, 'volatile'],
    ...['root-mode', root.mode.toString(8), String(root.uid), String(root.gid)],
  ];
}

/** What only a step with namespaces of its own can have. */
function namespaceWords({ insecure, hostname: name }: RunSpec): readonly string[] {
  return [
    ...(insecure ? ['seccomp', 'none', 'caps', 'all'] : confineWords()),
    ...['hostname', name],
  ];
}

function environment({ spec, secretEnv, hostCa }: RunWordsOptions): string[] {
  const own = [...spec.unkeyedEnv, ...spec.env, ...secretEnv];
  return hostCa === undefined ? own : [...own, ...hostCaEnv(own)];
}

/** Without a namespace for it, a step has the machine's name, and programs look it up. */
function hostNames({ hostname: own }: RunSpec, { stacked }: RunFolders): string {
  return stacked === undefined && hostname() !== own ? `${own} ${hostname()}` : own;
}

/** As the reference writes it. */
function hosts(names: string, extra: readonly ExtraHost[]): string {
  return [
    `127.0.0.1\tlocalhost ${names}\n`,
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    ...extra.map(({ name, address }) => `${address}\t${name}\n`),
  ].join('');
}

function scriptWords({ files }: RunSpec): string[] {
  if (files.length === 0) return [];
  return [
    ...['tmpfs', PIPES, '0', '755'],
    ...files.flatMap(({ name, text, mode }) => dataWords(`${PIPES}/${name}`, text, mode)),
  ];
}

function confineWords(): string[] {
  return [
    ...MASKED.flatMap((path) => ['mask', path]),
    ...READ_ONLY.flatMap((path) => ['readonly-path', path]),
  ];
}
