// Instructions that change the config, and WORKDIR, which may also make a folder.

import { BuildError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type {
  PairsInstruction,
  TextInstruction,
  Word,
  WordsInstruction,
} from '../../../grammar/ast.ts';
import { parsePorts } from '../instructions/ports.ts';
import { isSignal, SIGNAL_NAMES } from '../instructions/signals.ts';
import type { TypedSetting } from '../instructions/typed.ts';
import { applyCommand } from './apply-command.ts';
import { resolvePath } from './paths.ts';
import {
  addLayer,
  expandIn,
  expandWord,
  type StageState,
  setConfig,
  workingFolder,
} from './stage-state.ts';
import { stepText } from './step-text.ts';

/** Applies an instruction that its syntax tree says all of. Throws E_EXPANSION, E_ARGUMENTS. */
export function applySetting(state: StageState, { node }: TypedSetting): void {
  switch (node.kind) {
    case 'env':
      applyEnv(state, node);
      break;
    case 'label':
      applyLabel(state, node);
      break;
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      applyCommand(state, node);
      break;
    case 'expose':
      applyExpose(state, node);
      break;
    case 'volume':
      applyVolume(state, node);
      break;
    case 'user':
      applyUser(state, node.argument);
      break;
    case 'stopsignal':
      applyStopSignal(state, node.argument);
      break;
    case 'workdir':
      applyWorkdir(state, node);
      break;
    case 'maintainer':
      state.author = node.argument.text;
      setConfig(state, {}, `MAINTAINER ${node.argument.text}`);
  }
}

function applyEnv(state: StageState, node: PairsInstruction): void {
  const pairs = expandPairs(state, node);
  const blank = pairs.findIndex(([name]) => name === '');
  if (blank !== -1) {
    // The reference writes one into the image all the same; no program could read it.
    throw new BuildError('E_ARGUMENTS', 'ENV names cannot be blank', {
      span: node.pairs[blank]?.key.span,
    });
  }
  for (const [name, value] of pairs) {
    state.variables.set(name, value);
    state.configEnv.set(name, value);
  }
  setConfig(state, {}, `ENV ${describePairs(pairs)}`);
}

function applyLabel(state: StageState, node: PairsInstruction): void {
  const pairs = expandPairs(state, node);
  for (const [name, value] of pairs) state.labels.set(name, value);
  setConfig(state, {}, `LABEL ${describePairs(pairs)}`);
}

/** All words are expanded with the variables from before the instruction. */
function expandPairs(state: StageState, { pairs }: PairsInstruction): [string, string][] {
  return pairs.map(({ key, value }) => [expandIn(state, key), expandIn(state, value)]);
}

function describePairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(' ');
}

/** Every port of every protocol; whoever lists more lists some twice. */
const MOST_PORTS = 3 * 65_536;

function applyExpose(state: StageState, node: WordsInstruction): void {
  const written = [...node.words].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const ports: string[] = [];
  for (const word of written) {
    for (const text of expandWord(state, word).words) {
      const parsed = parsePorts(text);
      const reason = 'reason' in parsed ? parsed.reason : undefined;
      if ('reason' in parsed || ports.length + parsed.ports.length > MOST_PORTS) {
        throw new BuildError('E_ARGUMENTS', `EXPOSE cannot take ${JSON.stringify(text)}`, {
          span: word.span,
          hint: `Here, ${reason ?? 'there are more ports than exist'}.`,
        });
      }
      for (const port of parsed.ports) ports.push(port);
    }
  }
  for (const port of ports) state.ports.add(port);
  setConfig(state, {}, `EXPOSE [${ports.join(' ')}]`);
}

function applyVolume(state: StageState, node: WordsInstruction): void {
  const volumes = node.words.map((word) => {
    const volume = expandIn(state, { ...word, text: word.text.trim() });
    if (volume !== '') return volume;
    throw new BuildError('E_ARGUMENTS', 'a volume cannot be blank', { span: word.span });
  });
  for (const volume of volumes) state.volumes.add(volume);
  setConfig(state, {}, `VOLUME [${volumes.join(' ')}]`);
}

function applyUser(state: StageState, argument: Word): void {
  const user = expandIn(state, argument);
  setConfig(state, { User: user }, `USER ${user}`);
  state.userSpan = argument.span;
}

function applyStopSignal(state: StageState, argument: Word): void {
  const signal = expandIn(state, argument);
  if (!isSignal(signal)) {
    const near = suggest(signal, SIGNAL_NAMES);
    throw new BuildError('E_ARGUMENTS', `there is no signal ${JSON.stringify(signal)}`, {
      span: argument.span,
      hint: near ? `Did you mean ${near}?` : 'Use a name such as SIGTERM, or a number.',
    });
  }
  setConfig(state, { StopSignal: signal }, `STOPSIGNAL ${signal}`);
}

function applyWorkdir(state: StageState, node: TextInstruction): void {
  const text = expandIn(state, node.argument);
  const path = resolvePath(workingFolder(state), text);
  // An absolute path is said as it was written, `..` and all, as in the reference.
  const said = text.startsWith('/') ? text : path;
  state.config = { ...state.config, WorkingDir: said };
  const createdBy = `WORKDIR ${said}`;
  if (said === '/') {
    setConfig(state, {}, createdBy);
    return;
  }
  const user = state.config.User ?? '';
  addLayer(
    state,
    { kind: 'workdir', input: state.vertex, path, user, userSpan: state.userSpan },
    { text: stepText(node, state), span: node.span, createdBy },
  );
}
