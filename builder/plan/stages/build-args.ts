// Build arguments: what was given with --build-arg, what the platform tells, and what ARG declares
// above the first FROM.

import type { ArgInstruction, EscapeCharacter } from '../../../grammar/ast.ts';
import { formatPlatform, type Platform } from '../../../image/model.ts';
import { expand } from '../expand/expand.ts';
import type { PlanOptions } from '../plan-options.ts';

export type ArgOptions = Pick<
  PlanOptions,
  'buildArgs' | 'platform' | 'buildPlatform' | 'sourceDateEpoch'
>;

const PROXIES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

/** The value given with --build-arg, or for SOURCE_DATE_EPOCH the one that the build goes by. */
export function givenArg(name: string, options: ArgOptions): string | undefined {
  const given = options.buildArgs.get(name);
  if (given !== undefined || name !== 'SOURCE_DATE_EPOCH') return given;
  return options.sourceDateEpoch?.toString();
}

/** True for proxies, in either case: usable without ARG, and never part of a key or of the history. */
export function isProxy(name: string): boolean {
  return PROXIES.includes(name.toLowerCase());
}

/** True for what the platform and the target tell of themselves. */
export function isPlatformArg(name: string): boolean {
  return /^(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|^TARGETSTAGE$/.test(name);
}

/** The proxies among the given arguments as `NAME=value`, each in both cases, as programs look for either. */
export function proxyVariables(options: ArgOptions): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of options.buildArgs) {
    if (!isProxy(name)) continue;
    variables.set(name.toLowerCase(), value);
    variables.set(name.toUpperCase(), value);
  }
  return variables;
}

/**
 * Returns what FROM lines may use, and stages may take over with a plain `ARG NAME`. `target` is the
 * name of the target stage. Throws E_EXPANSION.
 */
export function globalArgs(
  declared: readonly ArgInstruction[],
  options: ArgOptions,
  target: string,
  escapeCharacter: EscapeCharacter,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of platformArgs(options.platform, options.buildPlatform, target)) {
    values.set(name, options.buildArgs.get(name) ?? value);
  }
  for (const { name, value } of declared.flatMap((arg) => arg.declarations)) {
    const given = givenArg(name.text, options);
    if (given !== undefined) values.set(name.text, given);
    else if (value !== undefined)
      values.set(name.text, expand(value, values, { escape: escapeCharacter }).text);
  }
  return values;
}

function platformArgs(target: Platform, build: Platform, stage: string): [string, string][] {
  const of = (prefix: string, platform: Platform): [string, string][] => [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform['os.version'] ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
  return [...of('BUILD', build), ...of('TARGET', target), ['TARGETSTAGE', stage]];
}
