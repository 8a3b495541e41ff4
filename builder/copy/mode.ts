// --chmod: an octal mode, or the symbolic list of chmod(1) (`u=rwX,go=rX`, `+x`, `g=u`).
// A mode without a who part means all three; no umask is applied.

import { BuildError } from '../../core/errors.ts';

export interface ModeTarget {
  readonly mode: number;
  readonly isDirectory: boolean;
}

/** A change of mode: gets the mode that is there, returns the new one. */
export type ModeChange = (target: ModeTarget) => number;

interface Clause {
  readonly who: string;
  readonly actions: readonly { readonly operator: string; readonly permissions: string }[];
}

const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** Parses the value of --chmod. Throws E_COPY_MODE. */
export function parseMode(text: string): ModeChange {
  if (/^0*[0-7]{1,4}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    return () => mode;
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text));
  return (target) =>
    clauses.reduce((mode, clause) => applyClause(clause, mode, target), target.mode);
}

function parseClause(text: string, whole: string): Clause {
  const match = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(text);
  if (match === null) {
    throw new BuildError('E_COPY_MODE', `"${whole}" is not a mode`, {
      hint: 'an octal number from 0 to 07777 such as 0755, or symbolic such as u=rwX,go=rX',
    });
  }
  const actions = [...(match[2] ?? '').matchAll(/([-+=])([ugo]|[rwxXst]*)/g)];
  const who = (match[1] ?? '').includes('a') || match[1] === '' ? 'ugo' : (match[1] ?? '');
  return {
    who,
    actions: actions.map(([, operator = '', permissions = '']) => ({ operator, permissions })),
  };
}

function applyClause(clause: Clause, start: number, target: ModeTarget): number {
  let mode = start;
  for (const { operator, permissions } of clause.actions) {
    let bits = 0;
    let mask = 0;
    for (const who of clause.who) {
      const shift = SHIFT[who] ?? 0;
      bits |= permissionBits(permissions, mode, target) << shift;
      mask |= 0o7 << shift;
      if (who === 'u') mask |= 0o4000;
      if (who === 'g') mask |= 0o2000;
      if (permissions.includes('s') && who !== 'o') bits |= who === 'u' ? 0o4000 : 0o2000;
    }
    if (permissions.includes('t')) bits |= 0o1000;
    if (operator === '+') mode |= bits;
    else if (operator === '-') mode &= ~bits;
    else mode = (mode & ~mask) | bits;
  }
  return mode;
}

/** The permission triple that the letters stand for. */
function permissionBits(permissions: string, mode: number, { isDirectory }: ModeTarget): number {
  if (/^[ugo]$/.test(permissions)) return (mode >> (SHIFT[permissions] ?? 0)) & 0o7;
  let bits = 0;
  if (permissions.includes('r')) bits |= 4;
  if (permissions.includes('w')) bits |= 2;
  if (permissions.includes('x')) bits |= 1;
  if (permissions.includes('X') && (isDirectory || (mode & 0o111) !== 0)) bits |= 1;
  return bits;
}
