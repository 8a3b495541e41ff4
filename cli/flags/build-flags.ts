// The flags of `slipway build`: how they are declared, and their values checked and typed. Reads
// no file: what the values lead to is the work of cli/build-request.ts.

import { type Command, Option } from 'commander';
import type { BuildOptions, OutputSpec } from '../../builder/options.ts';
import { BuildError } from '../../core/errors.ts';
import type { Platform } from '../../image/model.ts';
import { hostPlatform, parsePlatform } from '../../image/platform.ts';
import type { Host } from '../host.ts';
import { type CacheFlags, declareCacheFlags, readCacheFlags } from './cache-flags.ts';
import { type Call, readCall } from './call.ts';
import { parseImageName } from './image-name.ts';
import { declareIsolation, readIsolation } from './isolation-flag.ts';
import { parseOutput } from './output.ts';
import { parsePairs } from './pairs.ts';
import { declareStepFlags, readStepFlags, type StepFlags } from './step-flags.ts';

const PROGRESS = ['auto', 'plain', 'tty', 'json', 'quiet'] as const;
const CONTEXT_MODES = ['keep', 'git'] as const;
const NETWORKS = ['default', 'none', 'host'] as const;
const ON_ERROR = ['stop', 'shell'] as const;

export interface BuildFlags extends StepFlags, CacheFlags {
  /** A folder, or `-`; undefined where `-f -` stands alone. */
  readonly context: string | undefined;
  /** As written; `-` is standard input. */
  readonly file: string | undefined;
  readonly tags: readonly string[];
  readonly outputs: readonly OutputSpec[];
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly namedContexts: ReadonlyMap<string, string>;
  readonly contextModes: BuildOptions['contextModes'];
  readonly labels: ReadonlyMap<string, string>;
  readonly platform: Platform;
  readonly network: BuildOptions['network'];
  readonly isolation: BuildOptions['isolation'];
  readonly progress: (typeof PROGRESS)[number];
  readonly pull: boolean;
  readonly jobs: number | undefined;
  readonly onError: (typeof ON_ERROR)[number];
  readonly sourceDateEpoch: number | undefined;
  readonly idFile: string | undefined;
  readonly metadataFile: string | undefined;
  readonly call: Call;
}

/** Adds the arguments and flags of `slipway build` to `command`. */
export function declareBuildFlags(command: Command): void {
  command
    .argument(
      '[context]',
      'the folder that COPY and ADD read, - for a tar on standard input, or a git or http(s) address',
    )
    .option(
      '-f, --file <path>',
      'the Dockerfile; - is standard input (default: CONTEXT/Dockerfile)',
    )
    .option('-t, --tag <name>', 'a name for the image (repeatable)', collect)
    .option('-o, --output <spec>', 'where the result goes, see below (repeatable)', collect)
    .option('--target <stage>', 'the stage to build (default: the last)')
    .option('--build-arg <name=value>', 'a value for ARG (repeatable)', collect)
    .option('--build-context <name=value>', 'another context, or a base (repeatable)', collect)
    .addOption(choice('--context-modes <which>', 'modes of context files', CONTEXT_MODES))
    .option('--label <name=value>', 'a label of the image (repeatable)', collect)
    .option('--platform <os/arch>', 'the platform of the image (default: this machine)')
    .option('--pull', 'ask the registry for base images that are here already')
    .option('--push', 'the same as -o type=registry')
    .option('--load', 'the same as -o type=image: into the local store')
    .addOption(choice('--network <mode>', 'the network of RUN steps', NETWORKS))
    .option('--jobs <number>', 'how many steps run at once (default: the number of cores)')
    .addOption(choice('--on-error <what>', 'shell opens one in a failed RUN step', ON_ERROR))
    .addOption(choice('--progress <form>', 'how progress is shown', PROGRESS))
    .option('-q, --quiet', 'the same as --progress=quiet: print the image digest only')
    .option('--check', 'the same as --call=check: check the Dockerfile, build nothing')
    .option('--call <method>', 'build, or instead of it check, outline, targets (,format=json)')
    .option('--iidfile <path>', "write the image's manifest digest to this file")
    .option('--metadata-file <path>', 'write digests, or the error, as JSON to this file');
  declareIsolation(command, 'RUN steps are');
  declareCacheFlags(command);
  declareStepFlags(command);
}

/** Returns the checked values of what `command` has parsed. Throws E_USAGE and E_UNSUPPORTED. */
export function readBuildFlags(
  command: Command,
  host: Pick<Host, 'env' | 'arch' | 'cwd'>,
): BuildFlags {
  const raw = command.opts<RawFlags>();
  const tags = (raw.tag ?? []).map((name) => parseImageName(name, '-t'));
  const buildArgs = readBuildArgs(raw.buildArg ?? [], host.env);
  return {
    context: readContext(command.args[0], raw.file),
    file: raw.file,
    tags,
    outputs: readOutputs(raw, tags),
    target: raw.target || undefined,
    buildArgs,
    namedContexts: readNamedContexts(raw.buildContext ?? []),
    contextModes: raw.contextModes,
    labels: parsePairs(raw.label ?? [], '--label', () => ''),
    ...readStepFlags(command, host),
    platform: raw.platform === undefined ? hostPlatform(host.arch) : readPlatform(raw.platform),
    network: raw.network,
    isolation: readIsolation(command),
    progress: readProgress(raw),
    onError: raw.onError,
    ...readCacheFlags(command, host),
    pull: raw.pull ?? false,
    jobs: raw.jobs === undefined ? undefined : readJobs(raw.jobs),
    sourceDateEpoch: readEpoch(buildArgs.get(EPOCH)),
    idFile: raw.iidfile,
    metadataFile: raw.metadataFile,
    call: readCall(raw.call, raw.check ?? false),
  };
}

interface RawFlags {
  readonly file?: string;
  readonly tag?: string[];
  readonly output?: string[];
  readonly target?: string;
  readonly buildArg?: string[];
  readonly buildContext?: string[];
  readonly contextModes: BuildFlags['contextModes'];
  readonly label?: string[];
  readonly platform?: string;
  readonly pull?: true;
  readonly push?: true;
  readonly load?: true;
  readonly network: BuildFlags['network'];
  readonly jobs?: string;
  readonly onError: BuildFlags['onError'];
  readonly progress: BuildFlags['progress'];
  readonly quiet?: true;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly call?: string;
  readonly check?: true;
}

/** Of this machine, and so of the steps, unless the command says otherwise. */
const PROXIES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

const EPOCH = 'SOURCE_DATE_EPOCH';

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function choice(flag: string, text: string, values: readonly [string, ...string[]]): Option {
  return new Option(flag, text).choices(values).default(values[0]);
}

function readContext(context: string | undefined, file: string | undefined): string | undefined {
  if (context === undefined && file !== '-') {
    throw usage('slipway build needs a context', 'slipway build . takes the current folder');
  }
  if (context === '-' && file === '-') {
    throw usage('context and Dockerfile cannot both be standard input', 'give one of them a path');
  }
  return context;
}

/** `--build-arg NAME` alone takes the value of the environment; SOURCE_DATE_EPOCH and proxies need no flag. */
function readBuildArgs(words: readonly string[], env: Host['env']): Map<string, string> {
  const given = parsePairs(words, '--build-arg', (name) => env[name]);
  const epoch = env[EPOCH];
  if (epoch !== undefined && !given.has(EPOCH)) given.set(EPOCH, epoch);
  for (const name of PROXIES) {
    const value = env[name] || env[name.toUpperCase()];
    if (value && !given.has(name) && !given.has(name.toUpperCase())) given.set(name, value);
  }
  return given;
}

function readEpoch(text: string | undefined): number | undefined {
  // A name, `context` among them, is looked at when the Dockerfile and the context are read.
  if (text === undefined || text === '' || /^[a-z]/i.test(text)) return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds)) return seconds;
  throw usage(
    `${EPOCH}=${text} is not a whole number`,
    'it is seconds since 1970, as date +%s prints',
  );
}

function readNamedContexts(words: readonly string[]): Map<string, string> {
  const refuse = (name: string): never => {
    throw usage(`--build-context ${name} has no value`, `--build-context ${name}=FOLDER`);
  };
  const contexts = parsePairs(words, '--build-context', refuse);
  for (const [name, value] of contexts) {
    // The empty path would be the current folder.
    if (value === '') refuse(name);
    const [, platform] = name.split('::');
    if (platform !== undefined) parsePlatform(platform);
  }
  return contexts;
}

function readOutputs(raw: RawFlags, tags: readonly string[]): OutputSpec[] {
  const outputs = (raw.output ?? []).map((value) => parseOutput(value, tags));
  if (raw.push) outputs.push(parseOutput('type=registry', tags));
  if (raw.load) outputs.push(parseOutput('type=image', tags));
  const streams = outputs.filter((output) => 'dest' in output && output.dest === '-');
  if (streams.length > 1) {
    throw usage('two outputs go to standard output', 'give one of them dest=PATH');
  }
  return outputs.length > 0 ? outputs : [parseOutput('type=image', tags)];
}

function readPlatform(text: string): Platform {
  if (text.includes(',')) {
    throw new BuildError('E_UNSUPPORTED', `--platform ${text}: one build makes one platform`, {
      hint: 'build each platform by itself',
    });
  }
  const platform = parsePlatform(text);
  if (platform.os === 'linux') return platform;
  throw new BuildError('E_UNSUPPORTED', `--platform ${text}: only Linux images are built`);
}

function readProgress(raw: RawFlags): BuildFlags['progress'] {
  if (raw.quiet === undefined) return raw.progress;
  if (raw.progress !== 'auto' && raw.progress !== 'quiet') {
    throw usage(`--quiet and --progress=${raw.progress} exclude each other`, 'leave one out');
  }
  return 'quiet';
}

function readJobs(text: string): number {
  const jobs = Number(text);
  if (/^\d{1,4}$/.test(text) && jobs > 0) return jobs;
  throw usage(`--jobs ${text} is not a number from 1 to 9999`, '--jobs 1 runs one step at a time');
}

function usage(message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', message, { hint });
}
