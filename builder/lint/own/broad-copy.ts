// A step that fetches dependencies needs their list and little else. After a COPY of the whole context it
// is run again whenever any file has changed.

import type { FilesInstruction } from '../../../grammar/ast.ts';
import type { TypedFiles } from '../../plan/instructions/typed.ts';
import type { Rule } from '../rule.ts';
import type { Program } from './run-commands.ts';
import { stageSteps } from './stage-steps.ts';

export const broadCopyBeforeExpensiveRun: Rule = {
  name: 'BroadCopyBeforeExpensiveRun',
  description: 'Dependencies are fetched before the whole context is copied',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const { stage, steps } of stageSteps(subject)) {
      const programs = new Map(steps.map(({ node, programs }) => [node, programs]));
      const before = new Set<string>();
      let broad: FilesInstruction | undefined;
      for (const typed of stage.commands) {
        if (typed.kind === 'files' && isBroad(typed)) broad ??= typed.node;
        if (typed.kind !== 'run') continue;
        const fetched = (programs.get(typed.node) ?? []).filter(fetchesDependencies);
        if (broad === undefined) for (const { name } of fetched) before.add(name);
        const first = fetched.find(({ name }) => !before.has(name));
        if (broad === undefined || first === undefined) continue;
        const command = [first.name, first.args[0] ?? ''].join(' ').trim();
        const message = `every changed file makes ${command} run again: copy what it needs, run it, and copy the rest after it`;
        yield { at: broad, span: broad.span, message };
        break;
      }
    }
  },
};

/** The whole of the main context. */
function isBroad({ node, from, sources, exclude }: TypedFiles): boolean {
  if (from !== undefined || exclude.length > 0 || node.heredocs.length > 0) return false;
  return sources.some(({ text }) => /^(?:\.?\/?\*?|\.\/\.)$/.test(text));
}

/** Programs and, where it takes one, the command of theirs that fetches what a list names. */
const FETCHERS: Readonly<Record<string, RegExp>> = {
  'apt-get': /^install$/,
  apt: /^install$/,
  apk: /^add$/,
  dnf: /^install$/,
  yum: /^install$/,
  microdnf: /^install$/,
  npm: /^(?:ci|install|i)$/,
  pnpm: /^(?:install|i|fetch)$/,
  yarn: /^install$/,
  pip: /^install$/,
  pip3: /^install$/,
  bundle: /^install$/,
  go: /^mod download$/,
  cargo: /^fetch$/,
  dotnet: /^restore$/,
};

function fetchesDependencies({ name, args }: Program): boolean {
  const command = Object.hasOwn(FETCHERS, name) ? FETCHERS[name] : undefined;
  if (command === undefined) return false;
  const words = args.filter((arg) => !arg.startsWith('-'));
  const first = name === 'go' ? words.slice(0, 2).join(' ') : (words[0] ?? '');
  if (name === 'yarn' && args.length === 0) return true;
  return command.test(first) && !needsSources(args);
}

/** Words that name files of the project: `.`, `./x`, `.[dev]`, `x.whl`. */
const OF_PROJECT = /^(?:\.{1,2}|\.{0,2}\/.*|\.\[.*|.*\.whl|file:.*|-e|--editable)$/;

/** True where what is installed is the project itself or a part of it; a list may be named by a path. */
function needsSources(args: readonly string[]): boolean {
  return args.some((arg) => OF_PROJECT.test(arg) && !/requirements|constraints/.test(arg));
}
