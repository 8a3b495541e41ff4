// --chmod: an octal mode, or the symbolic list of chmod(1) (`u=rwX,go=rX`, `+x`, `g=u`), as the
// reference reads it (BSD's setmode). No umask is applied.

import { BuildError } from '../../core/errors.ts';

export interface ModeTarget {
  readonly mode: number;
  readonly isDirectory: boolean;
}

/** A change of mode: gets the mode that is there, returns the new one. */
export type ModeChange = (target: ModeTarget) => number;

/** One change of a list: gets the mode so far, and what the list began with. */
type Step = (mode: number, target: ModeTarget) => number;

const READ = 0o444;
const WRITE = 0o222;
const EXECUTE = 0o111;
const SET_ID = 0o6000;
const STICKY = 0o1000;
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o007, a: 0o6777 };
const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** Parses the value of --chmod. Throws E_COPY_MODE. */
export function parseMode(text: string): ModeChange {
  if (/^0*[0-7]{1,4}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    return () => mode;
  }
  const steps = text.split(',').flatMap((clause) => clauseSteps(clause, text));
  return (target) => steps.reduce((mode, step) => step(mode, target), target.mode);
}

function clauseSteps(clause: string, whole: string): readonly Step[] {
  const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
  if (match === null) {
    throw new BuildError('E_COPY_MODE', `"${whole}" is not a mode`, {
      hint: 'an octal number from 0 to 07777 such as 0755, or symbolic such as u=rwX,go=rX',
    });
  }
  const [, letters = '', actions = ''] = match;
  const who = [...letters].reduce((bits, letter) => bits | (WHO[letter] ?? 0), 0);
  // Whoever names only the others means neither set-id bits nor the sticky bit.
  const special = who === 0 || (who & ~0o007) !== 0 ? SET_ID | STICKY : 0;
  return [...actions.matchAll(/([-+=])([^-+=]*)/g)].flatMap(
    ([, operator = '', permissions = '']) => {
      const sticky = permissions.includes('t') && who !== 0 ? special & STICKY : 0;
      return actionSteps(operator, who | sticky, permissions, special);
    },
  );
}

/** `=` clears what is not given; what stands behind a copied class (`u=gw`) begins anew, as in the reference. */
function actionSteps(
  operator: string,
  who: number,
  permissions: string,
  special: number,
): readonly Step[] {
  const steps: Step[] = [];
  let cleared = operator !== '=';
  const flush = (given: string, isLast: boolean): void => {
    const bits = bitsOf(given, operator, special);
    if (bits !== 0 || (isLast && !cleared)) steps.push(change(operator, who, bits));
    if (operator !== '-' && given.includes('X')) steps.push(executable(who));
  };
  let given = '';
  for (const letter of permissions) {
    if (SHIFT[letter] === undefined) {
      given += letter;
      continue;
    }
    flush(given, false);
    given = '';
    cleared = true;
    steps.push(copy(operator, who, letter));
  }
  flush(given, true);
  return steps;
}

function bitsOf(letters: string, operator: string, special: number): number {
  let bits = 0;
  if (letters.includes('r')) bits |= READ;
  if (letters.includes('w')) bits |= WRITE;
  if (letters.includes('x') || (operator === '-' && letters.includes('X'))) bits |= EXECUTE;
  if (letters.includes('s')) bits |= special & SET_ID;
  if (letters.includes('t')) bits |= special & STICKY;
  return bits;
}

/** Without a who part all classes are meant. */
function within(who: number, bits: number): number {
  return who === 0 ? bits : who & bits;
}

function change(operator: string, who: number, bits: number): Step {
  const given = within(who, bits);
  if (operator === '+') return (mode) => mode | given;
  if (operator === '-') return (mode) => mode & ~given;
  const all = who === 0 ? WHO['a'] : who;
  return (mode) => (mode & ~(all ?? 0)) | given;
}

/** `X`: of directories, and of what could be executed before any change. */
function executable(who: number): Step {
  return (mode, target) =>
    target.isDirectory || (target.mode & EXECUTE) !== 0 ? mode | within(who, EXECUTE) : mode;
}

/** Copies the permissions of a class; special bits stay as they are. */
function copy(operator: string, who: number, from: string): Step {
  const classes =
    who === 0 ? 'ugo' : [...'ugo'].filter((to) => (who & (4 << (SHIFT[to] ?? 0))) !== 0);
  return (mode) => {
    const value = (mode >> (SHIFT[from] ?? 0)) & 0o7;
    let result = mode;
    for (const to of classes) {
      const shift = SHIFT[to] ?? 0;
      if (operator === '=') result &= ~(0o7 << shift);
      if (operator === '-') result &= ~(value << shift);
      else result |= value << shift;
    }
    return result;
  };
}
