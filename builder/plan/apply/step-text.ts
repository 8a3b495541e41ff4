// What people read of a step: the instruction on one line, with the values of its variables.

import { isBuildError } from '../../../core/errors.ts';
import type {
  FilesInstruction,
  Heredoc,
  RunInstruction,
  TextInstruction,
  Word,
} from '../../../grammar/ast.ts';
import { type ExpandOptions, expand, type Variables } from '../expand/expand.ts';
import { argText } from './history.ts';
import type { StageState } from './stage-state.ts';

/** Characters: every event of the step has its text. */
const MOST_SHOWN = 4000;
const MOST_OF_A_VALUE = 400;

/**
 * `RUN npm ci`: variables expanded as far as they are set (a RUN keeps its quotes and what is not set,
 * since its shell reads them), white space collapsed. Values that are likely secrets are `***`. A RUN
 * that is one heredoc shows that text's first line too.
 */
export function stepText(
  node: RunInstruction | FilesInstruction | TextInstruction,
  state: Pick<StageState, 'variables' | 'escape'>,
): string {
  const sole = node.kind === 'run' ? soleHeredoc(node) : undefined;
  const text = `${node.text}${sole ? ` (${summary(sole.body)})` : ''}`;
  const words = expanded({ text, span: node.span }, node.kind === 'run', state);
  const [keyword = ''] = words.split(/\s/, 1);
  const whole = `${keyword.toUpperCase()}${words.slice(keyword.length).split(/\s+/).join(' ')}`;
  return shortened(whole, MOST_SHOWN);
}

function expanded(
  word: Word,
  forShell: boolean,
  { variables, escape: escapeCharacter }: Pick<StageState, 'variables' | 'escape'>,
): string {
  const shown: Variables = {
    get(name) {
      const value = variables.get(name);
      return value && argText(name, shortened(value, MOST_OF_A_VALUE));
    },
    keys: () => variables.keys(),
  };
  const options: ExpandOptions = forShell
    ? { escape: escapeCharacter, quotes: 'keep', keepUnset: true }
    : { escape: escapeCharacter };
  try {
    return expand(word, shown, options).text;
  } catch (error) {
    // What a shell takes and a Dockerfile does not is shown as it is.
    if (isBuildError(error)) return word.text;
    throw error;
  }
}

/** A copy, since a slice would keep all of the text in memory. */
function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${Buffer.from(text.slice(0, most)).toString()}…`;
}

/** The heredoc that is all of a RUN's command, if one is. */
export function soleHeredoc({ command, heredocs }: RunInstruction): Heredoc | undefined {
  const [only, another] = heredocs;
  if (command.form !== 'shell' || another !== undefined) return undefined;
  return only?.marker.text === command.text.text ? only : undefined;
}

function summary(body: string): string {
  const lines = body.trim().split(/\r?\n/);
  return `${lines[0] ?? ''}${lines.length > 1 ? '...' : ''}`;
}
