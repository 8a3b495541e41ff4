// The flags of `slipway build` that limit what RUN steps use, in docker's spelling: declared, checked and typed.

import type { Command } from 'commander';
import type { StepLimits, Ulimit } from '../../builder/step-options.ts';
import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';

const ULIMITS = [
  'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss',
  'rtprio', 'rttime', 'sigpending', 'stack',
]; // biome-ignore format: one list reads better

/** Microseconds: the kernel's own. */
const CPU_PERIOD = 100_000;

interface RawLimits {
  readonly shmSize?: string;
  readonly ulimit?: string[];
  readonly memory?: string;
  readonly memorySwap?: string;
  readonly cpus?: string;
  readonly cpuPeriod?: string;
  readonly cpuQuota?: string;
  readonly cpuShares?: string;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pidsLimit?: string;
  readonly cgroupParent?: string;
  readonly stepTimeout?: string;
}

/** Adds the flags to `command`. */
export function declareLimitFlags(command: Command): void {
  command
    .option('--shm-size <size>', 'of /dev/shm in steps, as 64m or 1g')
    .option(
      '--ulimit <name=soft[:hard]>',
      'a limit of setrlimit(2) for steps (repeatable)',
      collect,
    )
    .option('-m, --memory <size>', 'what one step may use')
    .option('--memory-swap <size>', 'of memory and swap together; -1 is no limit')
    .option('--cpus <number>', 'how many processors one step may use, as 1.5')
    .option('-c, --cpu-shares <number>', 'against others who want the processors')
    .option('--cpu-period <microseconds>', 'of --cpu-quota')
    .option('--cpu-quota <microseconds>', 'of processor time in each period')
    .option('--cpuset-cpus <list>', 'the processors that steps run on, as 0-2,5')
    .option('--cpuset-mems <list>', 'the memory nodes that steps use')
    .option('--pids-limit <number>', 'processes of one step; -1 is no limit')
    .option('--cgroup-parent <path>', 'where the control groups of steps are made')
    .option('--step-timeout <duration>', 'ends a step that takes longer, as 90s or 1h30m');
}

/** Returns the checked values of what `command` has parsed. Throws E_USAGE. */
export function readLimitFlags(command: Command): {
  readonly limits: StepLimits;
  readonly timeout: number | undefined;
} {
  const raw = command.opts<RawLimits>();
  const limits = {
    shm: given(raw.shmSize, '--shm-size', size),
    ulimits: (raw.ulimit ?? []).map(readUlimit),
    memory: given(raw.memory, '--memory', size),
    memorySwap: given(raw.memorySwap, '--memory-swap', orUnlimited(size)),
    ...readCpus(raw),
    cpuShares: given(raw.cpuShares, '--cpu-shares', count),
    cpusetCpus: given(raw.cpusetCpus, '--cpuset-cpus', list),
    cpusetMems: given(raw.cpusetMems, '--cpuset-mems', list),
    pids: given(raw.pidsLimit, '--pids-limit', orUnlimited(count)),
    cgroupParent: given(raw.cgroupParent, '--cgroup-parent', cgroupPath),
  };
  const { memory = Number.POSITIVE_INFINITY, memorySwap } = limits;
  if (memorySwap !== undefined && memorySwap < memory) {
    throw bad('--memory-swap', raw.memorySwap ?? '', 'it counts memory too: --memory and no less');
  }
  return { limits, timeout: given(raw.stepTimeout, '--step-timeout', duration) };
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

type Read<T> = (text: string, flag: string) => T;

function given<T>(text: string | undefined, flag: string, read: Read<T>): T | undefined {
  return text === undefined ? undefined : read(text, flag);
}

function readCpus(raw: RawLimits): Pick<StepLimits, 'cpuQuota' | 'cpuPeriod'> {
  if (raw.cpus === undefined) {
    return {
      cpuQuota: given(raw.cpuQuota, '--cpu-quota', orUnlimited(count)),
      cpuPeriod: given(raw.cpuPeriod, '--cpu-period', count),
    };
  }
  const cpus = Number(raw.cpus);
  if (raw.cpuQuota !== undefined || raw.cpuPeriod !== undefined) {
    throw bad('--cpus', raw.cpus, 'it is --cpu-quota and --cpu-period in one: leave those out');
  }
  if (!/^\d+(?:\.\d+)?$/.test(raw.cpus) || cpus < 0.01) throw bad('--cpus', raw.cpus, 'as 1.5');
  return { cpuQuota: Math.round(cpus * CPU_PERIOD), cpuPeriod: CPU_PERIOD };
}

const UNITS = ['', 'k', 'm', 'g', 't'];

/** Bytes: `64m`, `1.5g`, `1024`; units are powers of 1024. */
function size(text: string, flag: string): number {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)(?:([kmgt])?i?b?)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  if (number !== undefined && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw bad(flag, text, 'a size is a number and a unit: 64m, 1g');
}

function count(text: string, flag: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw bad(flag, text, 'a whole number above 0');
}

function orUnlimited(read: Read<number>): Read<number> {
  return (text, flag) => (text === '-1' ? Number.POSITIVE_INFINITY : read(text, flag));
}

function list(text: string, flag: string): string {
  if (/^\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*$/.test(text)) return text;
  throw bad(flag, text, 'a list of numbers and ranges: 0-2,5');
}

function cgroupPath(text: string, flag: string): string {
  const parts = text.split('/').filter((part) => part !== '');
  const isPlain = parts.length > 0 && parts.every((part) => /^[\w.:@\\-]+$/.test(part));
  if (isPlain && !parts.includes('..') && !parts.includes('.')) return `/${parts.join('/')}`;
  throw bad(flag, text, 'a path below the root of the control groups: /user.slice/builds');
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `90s` or `1h30m`, as timers can hold them. */
function duration(text: string, flag: string): number {
  let total = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(number) * (MILLISECONDS[unit] ?? 0);
  }
  if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text) && total >= 1 && total < 2 ** 31) return total;
  throw bad(flag, text, 'a number and a unit: 90s, 10m, 1h30m; up to 500h');
}

/** `nofile=1024:2048`, `nofile=1024`; -1 is unlimited. */
function readUlimit(text: string): Ulimit {
  const [, name = '', soft = '', hard = soft] =
    /^([^=]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  if (name !== '' && !ULIMITS.includes(name)) {
    const near = suggest(name, ULIMITS);
    throw bad('--ulimit', text, near ? `did you mean ${near}?` : `one of ${ULIMITS.join(', ')}`);
  }
  const [low, high] = [soft, hard].map((each) =>
    each === '-1' ? Number.POSITIVE_INFINITY : Number(each),
  );
  if (name !== '' && low !== undefined && high !== undefined && low <= high) {
    return { name, soft: low, hard: high };
  }
  throw bad('--ulimit', text, 'NAME=SOFT[:HARD], and SOFT is at most HARD: nofile=1024:2048');
}

function bad(flag: string, text: string, hint: string): BuildError {
  return new BuildError('E_USAGE', `${flag} cannot be ${JSON.stringify(text)}`, { hint });
}
