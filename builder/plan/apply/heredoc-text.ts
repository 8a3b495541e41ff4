// The text of heredocs as files and scripts.

import { BuildError } from '../../../core/errors.ts';
import type { Heredoc } from '../../../grammar/ast.ts';

/** The body without the leading tabs that `<<-` takes away. */
export function heredocText({ body, stripTabs }: Heredoc): string {
  return stripTabs ? body.replace(/^\t+/gm, '') : body;
}

/** The name as that of a file. It comes from the Dockerfile and becomes a path, so it may not lead anywhere. */
export function heredocFileName({ name, marker }: Heredoc): string {
  if (!name.includes('/') && name !== '.' && name !== '..' && name.length <= 255) return name;
  throw new BuildError(
    'E_HEREDOC',
    `the heredoc name ${JSON.stringify(name)} cannot be a file name`,
    {
      span: marker.span,
    },
  );
}
