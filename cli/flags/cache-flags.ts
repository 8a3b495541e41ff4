// The flags of `slipway build` about what is reused and what is kept: declared, checked and typed.

import { type Command, Option } from 'commander';
import type { BuildOptions } from '../../builder/options.ts';
import { BuildError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { parseAge } from './age.ts';
import { parseSize } from './size.ts';

const POLICIES = ['auto', 'traced', 'strict'] as const;

export interface CacheFlags {
  readonly noCache: boolean;
  readonly noCacheStages: readonly string[];
  readonly cachePolicy: (typeof POLICIES)[number];
  readonly cacheTtl: number | undefined;
  readonly cacheMax: BuildOptions['cacheMax'];
  readonly explain: boolean;
}

interface RawCacheFlags {
  /** False under `--no-cache`: commander's form of a negated flag. */
  readonly cache: boolean;
  /** Of `--no-cache-filter`, which commander takes for a negated flag too. */
  readonly cacheFilter: string[];
  readonly cachePolicy: CacheFlags['cachePolicy'];
  readonly cacheTtl?: string;
  readonly cacheMax?: string;
  readonly explain?: true;
}

/** Adds the flags to `command`. */
export function declareCacheFlags(command: Command): void {
  command
    .option('--no-cache', 'run every step, and record the results')
    .addOption(
      new Option('--no-cache-filter <stages>', 'the same for these stages')
        .argParser(collect)
        .default([]),
    )
    .addOption(
      new Option('--cache-policy <which>', 'which records of RUN steps hold; see below')
        .choices(POLICIES)
        .default('auto'),
    )
    .option('--cache-ttl <age>', 'run RUN steps again whose result is older, as 12h or 7d')
    .option('--explain', 'say in full why each step is run or reused, as slipway why does')
    .option('--cache-max <size>', 'what the cache may take on disk, or off; see below');
}

/** Returns the checked values of what `command` has parsed. Throws E_USAGE. */
export function readCacheFlags(command: Command, { env }: Pick<Host, 'env'>): CacheFlags {
  const raw = command.opts<RawCacheFlags>();
  return {
    noCache: !raw.cache,
    noCacheStages: raw.cacheFilter,
    cachePolicy: raw.cachePolicy,
    cacheTtl: raw.cacheTtl === undefined ? undefined : parseAge(raw.cacheTtl),
    explain: raw.explain ?? false,
    cacheMax: readCacheMax(raw.cacheMax, env['SLIPWAY_CACHE_MAX']),
  };
}

/** As buildx reads it: names between commas. */
function collect(value: string, before: string[]): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (!names.includes('')) return [...before, ...names];
  throw new BuildError('E_USAGE', `--no-cache-filter ${JSON.stringify(value)} names no stage`, {
    hint: 'names of stages with commas between them; --no-cache is for all',
  });
}

/** The flag, or else the variable; an empty variable is none. */
function readCacheMax(
  flag: string | undefined,
  variable: string | undefined,
): CacheFlags['cacheMax'] {
  const [text, name] =
    flag === undefined ? [variable || undefined, 'SLIPWAY_CACHE_MAX'] : [flag, '--cache-max'];
  if (text === undefined) return undefined;
  return text === 'off' ? 'off' : parseSize(text, name);
}
