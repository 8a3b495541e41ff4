// Doc comments: `# NAME text` above the FROM or ARG that defines NAME says what it is for.
// https://docs.docker.com/reference/dockerfile/#format

import type { Comment } from '../../grammar/ast.ts';

/** Returns what the comments above a definition say of `name`; '' where they say nothing, or there is no name. */
export function docComment(comments: readonly Comment[], name: string): string {
  if (name === '') return '';
  const line = comments.find(({ text }) => text.startsWith(`${name} `));
  return line === undefined ? '' : line.text.slice(name.length + 1);
}
