// The flags of `slipway lint`: how they are declared, and their values checked and typed.

import { type Command, Option } from 'commander';
import type { Rule } from '../../builder/lint/rule.ts';
import { RULES } from '../../builder/lint/rules.ts';
import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Host } from '../host.ts';
import { parsePairs } from './pairs.ts';

export interface LintFlags {
  /** A Dockerfile, a folder with one, or `-`. */
  readonly path: string;
  /** As `-f` of a build; the path is the context then. */
  readonly file: string | undefined;
  readonly fix: boolean;
  readonly format: 'text' | 'json';
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** The rules to go by. */
  readonly rules: readonly Rule[];
}

/** Adds the argument and the flags of `slipway lint` to `command`. */
export function declareLintFlags(command: Command): void {
  command
    .argument('[path]', 'a Dockerfile, a folder with one, or - for standard input', '.')
    .option('-f, --file <path>', 'the Dockerfile, where the path is the context')
    .option('--fix', 'rewrite the Dockerfile: make the fixes that change nothing in the image')
    .addOption(
      new Option('--format <form>', 'text, or json: one object')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--skip <rule>', 'a rule to leave out, or all (repeatable)', collect)
    .option('--experimental <rule>', 'an experimental rule to go by, or all (repeatable)', collect)
    .option('--target <stage>', 'look at this stage and what it needs only')
    .option('--build-arg <name=value>', 'a value for ARG (repeatable)', collect);
}

interface RawFlags {
  readonly file?: string;
  readonly fix?: true;
  readonly format: LintFlags['format'];
  readonly skip?: string[];
  readonly experimental?: string[];
  readonly target?: string;
  readonly buildArg?: string[];
}

/** Returns the checked values of what `command` has parsed. Throws E_USAGE. */
export function readLintFlags(command: Command, host: Pick<Host, 'env'>): LintFlags {
  const raw = command.opts<RawFlags>();
  return {
    path: command.processedArgs[0] as string,
    file: raw.file,
    fix: raw.fix ?? false,
    format: raw.format,
    target: raw.target || undefined,
    buildArgs: parsePairs(raw.buildArg ?? [], '--build-arg', (name) => host.env[name]),
    rules: chosenRules(raw.skip ?? [], raw.experimental ?? []),
  };
}

function chosenRules(skip: readonly string[], experimental: readonly string[]): Rule[] {
  const experiments = RULES.filter((rule) => rule.experimental);
  for (const name of skip) requireRule(name, '--skip', RULES);
  for (const name of experimental) requireRule(name, '--experimental', experiments);
  const names = (list: readonly string[], { name }: Rule) =>
    list.includes(name) || list.includes('all');
  return RULES.filter((rule) => !names(skip, rule)).map((rule) =>
    rule.experimental && names(experimental, rule) ? { ...rule, experimental: false } : rule,
  );
}

function requireRule(name: string, flag: string, known: readonly Rule[]): void {
  const names = known.map((rule) => rule.name);
  if (name === 'all' || names.includes(name)) return;
  const near = suggest(name, names);
  throw new BuildError('E_USAGE', `${flag}: there is no such rule: ${JSON.stringify(name)}`, {
    hint: near === undefined ? `it is one of ${names.join(', ')}, or all` : `did you mean ${near}?`,
  });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
