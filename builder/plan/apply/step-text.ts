// What people read of a step: the instruction as written, on one line.

import type {
  FilesInstruction,
  Heredoc,
  RunInstruction,
  TextInstruction,
} from '../../../grammar/ast.ts';

/** `RUN npm ci`, white space collapsed. A RUN that is one heredoc shows that text's first line too. */
export function stepText(node: RunInstruction | FilesInstruction | TextInstruction): string {
  const [keyword = ''] = node.text.split(/\s/, 1);
  const rest = node.text.slice(keyword.length).split(/\s+/).join(' ');
  const sole = node.kind === 'run' ? soleHeredoc(node) : undefined;
  return `${keyword.toUpperCase()}${rest}${sole ? ` (${summary(sole.body)})` : ''}`;
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
