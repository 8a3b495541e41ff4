// What a step without namespaces of its own cannot have is refused, not left out.

import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import type { Isolation } from './runner.ts';

/** Throws E_ISOLATION on rung chroot. `what` cannot be had there; `hint` says why, or what to do. */
export function needsNamespaces(
  { rung }: Pick<Isolation, 'rung'>,
  what: string,
  hint: string,
  span?: Span,
): void {
  if (rung !== 'chroot') return;
  throw new BuildError('E_ISOLATION', `${what} cannot be had with isolation "chroot"`, {
    span,
    hint,
  });
}
