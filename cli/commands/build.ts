// `slipway build`: from words to BuildOptions, from the builder's events to a renderer, and from
// the result to files and an exit status. The builder does everything else.

import { addAbortSignal } from 'node:stream';
import type { BuildEnvironment } from '../../builder/environment.ts';
import type { BuildOptions } from '../../builder/options.ts';
import type { BuildResult } from '../../builder/result.ts';
import { BuildError } from '../../core/errors.ts';
import { hostPlatform } from '../../image/platform.ts';
import type { CliCommand } from '../command.ts';
import { reportError } from '../error-report.ts';
import { type BuildFlags, declareBuildFlags, readBuildFlags } from '../flags/build-flags.ts';
import type { Host } from '../host.ts';
import { readInput } from '../input/read-input.ts';
import { namedError } from '../named-error.ts';
import { chooseRenderer } from '../render/choose-renderer.ts';
import { FailedStep } from '../render/failed-step.ts';
import { suspendable } from '../render/suspendable.ts';
import { removeOldResults, writeFailure, writeResults } from '../result-files.ts';
import { failedRunShell } from '../shell/failed-run-shell.ts';
import type { Terminal } from '../shell/terminal.ts';
import { storeHome } from '../store-home.ts';

export const build: CliCommand = {
  declare(command) {
    declareBuildFlags(command);
    command.addHelpText('after', HELP);
  },

  async run(command, host) {
    const flags = readBuildFlags(command, host);
    if (flags.call.method !== 'build') {
      const { runCall } = await import('../call/run-call.ts');
      return runCall(flags, host);
    }
    if (host.platform !== 'linux') {
      throw new BuildError('E_UNSUPPORTED', 'slipway build needs Linux: RUN steps use its kernel', {
        hint: 'run it in a Linux machine or container; --call and the other commands work here',
      });
    }
    const stdoutTaken = flags.outputs.some((output) => 'dest' in output && output.dest === '-');
    if (stdoutTaken && host.stdout.isTTY) {
      throw new BuildError('E_USAGE', 'an archive is not written to a terminal', {
        hint: 'send standard output to a file or a pipe, or give the output dest=PATH',
      });
    }
    await runBuild(flags, host, stdoutTaken, await shellTerminal(flags, host));
    return 0;
  },
};

/** The terminal for --on-error=shell. Throws E_USAGE where there is none. */
async function shellTerminal(
  { onError, context, file }: BuildFlags,
  host: Host,
): Promise<Terminal | undefined> {
  if (onError !== 'shell') return undefined;
  if (context === '-' || file === '-') {
    throw new BuildError('E_USAGE', '--on-error=shell and - both want standard input', {
      hint: 'give the context and the Dockerfile as paths',
    });
  }
  const { openTerminal } = await import('../shell/terminal.ts');
  return openTerminal(host, '--on-error=shell');
}

async function runBuild(
  flags: BuildFlags,
  host: Host,
  stdoutTaken: boolean,
  terminal: Terminal | undefined,
): Promise<void> {
  const files = { idFile: flags.idFile, metadataFile: flags.metadataFile, cwd: host.cwd };
  await removeOldResults(files);
  const failed = new FailedStep();
  const reasons = flags.explain ? (await import('../render/explain.ts')).explain : undefined;
  const renderer = suspendable(
    chooseRenderer(flags.progress, host, stdoutTaken, reasons && ((step) => reasons(step))),
  );
  try {
    const result = await buildFromInput(flags, host, {
      home: storeHome(host),
      events: (event) => {
        failed.onEvent(event);
        renderer.onEvent(event);
      },
      signal: host.signal,
      variables: host.env,
      stdout: host.stdout,
      onFailedRun: terminal && failedRunShell(terminal, renderer, failed, host),
    });
    await writeResults(files, result);
  } catch (caught) {
    const error = namedError(caught);
    renderer.close(error);
    if (!host.signal.aborted) host.stderr.write(failed.report());
    await writeFailure(files, error).catch((other: unknown) => {
      const { text } = reportError(other);
      // The metadata file may be the very thing that failed.
      if (text !== reportError(error).text) host.stderr.write(text);
    });
    throw error;
  }
  renderer.close();
}

async function buildFromInput(
  flags: BuildFlags,
  host: Host,
  environment: BuildEnvironment,
): Promise<BuildResult> {
  if (flags.context === '-' || flags.file === '-') addAbortSignal(host.signal, host.stdin);
  const builder = import('../../builder/build.ts');
  const input = await readInput(flags.file, flags.context, host, {
    environment,
    secrets: flags.secrets,
    ssh: flags.ssh,
    commitTimes: (flags.buildArgs.get('SOURCE_DATE_EPOCH') ?? '') !== '',
    keepGitDir: isTrue(flags.buildArgs.get('BUILDKIT_CONTEXT_KEEP_GIT_DIR')),
  });
  try {
    const options: BuildOptions = {
      dockerfile: input.dockerfile,
      context: input.context,
      namedContexts: flags.namedContexts,
      contextModes: flags.contextModes,
      target: flags.target,
      buildArgs: flags.buildArgs,
      labels: flags.labels,
      platform: flags.platform,
      buildPlatform: hostPlatform(host.arch),
      secrets: flags.secrets,
      ssh: flags.ssh,
      allow: flags.allow,
      steps: flags.steps,
      tags: flags.tags,
      outputs: flags.outputs,
      network: flags.network,
      noCache: flags.noCache,
      noCacheStages: flags.noCacheStages,
      cachePolicy: flags.cachePolicy,
      cacheTtl: flags.cacheTtl,
      cacheMax: flags.cacheMax,
      pull: flags.pull,
      sourceDateEpoch: flags.sourceDateEpoch,
      contextEpoch: input.contextEpoch,
      isolation: flags.isolation,
      jobs: flags.jobs,
    };
    return await (await builder).build(options, environment);
  } finally {
    await input.dispose();
  }
}

/** A switch among the build arguments, as Go's strconv.ParseBool reads it. */
function isTrue(value: string | undefined): boolean {
  return /^(?:1|t|T|TRUE|true|True)$/.test(value ?? '');
}

const HELP = `
Outputs (-o):
  DIR                          the files of the image, as type=local
  -                            the files as a tar on standard output, as type=tar
  type=oci,dest=PATH           an OCI archive; tar=false makes a folder
  type=docker,dest=PATH        an archive for docker load; tar=false makes a folder
  type=local,dest=DIR          the files of the image
  type=tar,dest=PATH           the files of the image as a tar
  type=image                   an image in the local store, named by -t; push=true sends it too
  type=registry                the same as type=image,push=true
  Archives and images take name=NAME in place of -t. Without -o: type=image.

Progress goes to standard error; --progress=json and --quiet go to standard output, unless an
output is written there. --iidfile holds containerimage.digest: the digest of the manifest.
SOURCE_DATE_EPOCH, in the environment or as a build argument, makes the image reproducible.

After a build what was used least recently leaves the cache if it takes more than --cache-max on
disk: 20GB or 10 % of the disk, whichever is less; off for no limit. SLIPWAY_CACHE_MAX is the same.

A RUN is reused where its command and all that it read are the same (--cache-policy=auto), but not
if it used the network: that needs traced. strict reuses it only where every file before it is the
same. A comment right above a RUN says it for that step: # slipway: cache=traced (or strict, none),
and cache-ttl=24h. The stricter of flag and comment holds.

--on-error=shell opens a shell in the RUN step that failed; leaving it ends the build.

Exit status: 0; 1 the build failed; 2 wrong usage; 128 + n stopped by signal n.

Examples:
  slipway build -t app .
  slipway build -f docker/Dockerfile --target test -o type=oci,dest=app.tar .
  slipway build --build-arg VERSION=1.2 --progress=json . > log.json
  tar -c . | slipway build -t app -
  slipway build -t app https://host/user/project.git#main:folder
`;
