// Which rules are heard: `skip=A,B;error=true;experimental=C`, the text of the directive `# check=`, of
// the build argument BUILDKIT_DOCKERFILE_CHECK, and of a comment above an instruction.
// https://docs.docker.com/reference/dockerfile/#check

import { BuildError } from '../../core/errors.ts';
import type { Comment, DockerfileAst, Instruction } from '../../grammar/ast.ts';
import type { Rule } from './rule.ts';

const ALL = 'all';

export interface CheckSettings {
  /** Names, or `all`. */
  readonly skip: ReadonlySet<string>;
  readonly experimental: ReadonlySet<string>;
  /** True where a finding of the reference's rules ends the build. */
  readonly error: boolean;
}

const ARGUMENT = 'BUILDKIT_DOCKERFILE_CHECK';

/** Returns what the build argument says, else the directive. Throws E_USAGE for the one, E_DIRECTIVE for the other. */
export function checkSettings(
  { directives }: Pick<DockerfileAst, 'directives'>,
  buildArgs: ReadonlyMap<string, string>,
): CheckSettings {
  const argument = buildArgs.get(ARGUMENT);
  if (argument !== undefined) {
    const settings = parseSettings(argument);
    if (typeof settings !== 'string') return settings;
    throw new BuildError('E_USAGE', `--build-arg ${ARGUMENT}: ${settings}`, { hint: FORM });
  }
  const directive = directives.find(({ name }) => name === 'check');
  const settings = parseSettings(firstWord(directive?.value ?? ''));
  if (typeof settings !== 'string') return settings;
  throw new BuildError('E_DIRECTIVE', `the directive check: ${settings}`, {
    span: directive?.span,
    hint: FORM,
  });
}

const FORM = 'Write it as skip=RULE,RULE;error=true;experimental=RULE, or skip=all.';

/** Returns the test whether a remark of a rule about an instruction is to be heard. */
export function hearing(settings: CheckSettings): (rule: Rule, node: Instruction) => boolean {
  const known = new Map<Instruction, CheckSettings | undefined>();
  const settingsAt = (node: Instruction) => {
    if (!known.has(node)) known.set(node, commentSettings(node.comments));
    return known.get(node);
  };
  return (rule, node) => {
    const list = rule.experimental ? 'experimental' : 'skip';
    const lists = [settings[list], settingsAt(node)?.[list]];
    const isNamed = lists.some((names) => names?.has(rule.name) || names?.has(ALL));
    return isNamed === rule.experimental;
  };
}

/** The settings in the first of the comments that has any; what is wrong with them is no error. */
function commentSettings(comments: readonly Comment[]): CheckSettings | undefined {
  const first = comments.find(isCheckComment);
  if (first === undefined) return undefined;
  const settings = parseSettings(firstWord(first.text.slice(first.text.indexOf('=') + 1).trim()));
  return typeof settings === 'string' ? undefined : settings;
}

/** True for a comment of the form `# check=...`. */
export function isCheckComment({ text }: Comment): boolean {
  const [key = '', value = ''] = text.split(/=(.*)/s);
  return key.trim().toLowerCase() === 'check' && value.trim() !== '';
}

/** What follows a blank is a remark for people. */
function firstWord(text: string): string {
  return text.split(' ', 1)[0] ?? '';
}

/** Returns the settings, or what is wrong with the text. */
function parseSettings(text: string): CheckSettings | string {
  const settings = { skip: new Set<string>(), experimental: new Set<string>(), error: false };
  const trimmed = text.trim();
  for (const part of trimmed === '' ? [] : trimmed.split(';')) {
    const equals = part.indexOf('=');
    if (equals === -1) return `${JSON.stringify(part)} has no value`;
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip' || key === 'experimental') {
      settings[key] = new Set(value.split(',').map((name) => name.trim()));
    } else if (key === 'error') {
      if (!/^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/.test(value)) {
        return `error is true or false, not ${JSON.stringify(value)}`;
      }
      settings.error = /^[1tT]/.test(value);
    } else return `there is no option ${JSON.stringify(key)}`;
  }
  return settings;
}
