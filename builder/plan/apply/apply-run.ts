// RUN: the argument vector, the environment and the mounts of one step.

import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import type { MountSpec, RunSpec } from '../graph.ts';
import type { TypedRun } from '../instructions/typed.ts';
import type { PlanOptions } from '../plan-options.ts';
import { proxyVariables } from '../stages/build-args.ts';
import { cacheNamespace, sandboxHostname } from '../stages/builder-args.ts';
import { commandLine, inShell } from './apply-command.ts';
import { heredocFileName, heredocText } from './heredoc-text.ts';
import { runText } from './history.ts';
import { type FindSource, resolveMounts } from './mounts.ts';
import { addLayer, type StageState, workingFolder } from './stage-state.ts';
import { soleHeredoc, stepText } from './step-text.ts';

/** Where the files that heredocs become are found by a step. */
const PIPES = '/dev/pipes';

const AGENT_VARIABLE = 'SSH_AUTH_SOCK';

/** Adds the step; what it may ask for is not judged here. Throws E_EXPANSION, E_MOUNT, E_HEREDOC, E_ARGUMENTS. */
export function applyRun(
  state: StageState,
  typed: TypedRun,
  options: PlanOptions,
  findSource: FindSource,
): void {
  const { args, files } = readCommand(state, typed);
  const mounts = resolveMounts(state, typed.mounts, {
    findSource,
    cacheNamespace: cacheNamespace(options.buildArgs),
  });
  const op: RunSpec = {
    kind: 'run',
    input: state.vertex,
    args,
    files,
    env: [...state.variables.list(), ...agentVariable(state, mounts)],
    unkeyedEnv: [...proxyVariables(options)]
      .filter(([name]) => state.variables.get(name) === undefined)
      .map(([name, value]) => `${name}=${value}`),
    cwd: workingFolder(state),
    user: state.config.User ?? '',
    userSpan: state.userSpan,
    hostname: sandboxHostname(options.buildArgs),
    network: typed.network ?? options.network,
    ...(typed.security?.text === 'insecure' ? { insecure: true as const } : {}),
    mounts,
    ...(typed.cache === undefined ? {} : { cache: typed.cache }),
  };
  refuseNul(op, state.variables.holdsNul, typed.node.span);
  const createdBy = runText(args, currentArgs(state));
  addLayer(state, op, { text: stepText(typed.node, state), span: typed.node.span, createdBy });
}

/** Where programs look for the agent: the first one's socket, whether or not it is given, as in the reference. */
function agentVariable(state: StageState, mounts: readonly MountSpec[]): string[] {
  const agent = mounts.find(({ type }) => type === 'ssh');
  if (agent === undefined || state.variables.get(AGENT_VARIABLE) !== undefined) return [];
  return [`${AGENT_VARIABLE}=${agent.target}`];
}

function readCommand(state: StageState, { node }: TypedRun): Pick<RunSpec, 'args' | 'files'> {
  const sole = soleHeredoc(node);
  if (sole !== undefined) {
    const text = heredocText(sole);
    if (!text.startsWith('#!') || state.platform.os === 'windows') {
      return { args: inShell(state, text), files: [] };
    }
    const name = heredocFileName(sole);
    return { args: inShell(state, `${PIPES}/${name}`), files: [{ name, text, mode: 0o755 }] };
  }
  if (node.command.form === 'exec' && node.command.words.length === 0) {
    throw new BuildError('E_ARGUMENTS', 'RUN has no command', { span: node.span });
  }
  if (node.command.form === 'exec' || node.heredocs.length === 0) {
    return { args: commandLine(state, node.command), files: [] };
  }
  // The shell reads the heredocs itself, so it gets the text as it was written.
  const lines = [node.command.text.text, ...node.heredocs.map(({ body, name }) => body + name)];
  return { args: inShell(state, lines.join('\n')), files: [] };
}

/** The declared arguments with the values that the step sees: ENV may have changed them since. */
function currentArgs(state: StageState): Map<string, string> {
  return new Map(
    [...state.args].map(([name, value]) => [name, state.variables.get(name) ?? value]),
  );
}

/** The runner's words are separated by NUL; one in a text (JSON can write it, an image can hold it) would forge others. */
function refuseNul(op: RunSpec, inVariables: boolean, span: Span): void {
  const texts = [...op.args, ...op.unkeyedEnv, op.cwd, op.user];
  if (!inVariables && !texts.some((text) => text.includes('\0'))) return;
  throw new BuildError('E_ARGUMENTS', 'a NUL character in the arguments or variables of RUN', {
    span,
  });
}
