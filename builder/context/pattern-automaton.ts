// Matches the patterns that a RegExp would take for ever to reject: with many stars it tries all ways to share a name
// among them, and pattern and names come from whoever wrote the context. Here each character of a path is
// looked at once for each part of the pattern.

/** `**` (with the slash behind it), `*`, `?`, a class as the source of a RegExp, or one character as it is. */
export type Part =
  | { readonly kind: 'stars' }
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly source: string }
  | { readonly kind: 'char'; readonly char: string; readonly escaped: boolean };

/** Returns the test of `parts` on whole paths; `crosses` where `**` crosses components and is not as `*`. */
export function automaton(
  parts: readonly Part[],
  { crosses }: { readonly crosses: boolean },
): (path: string) => boolean {
  const steps = parts.map((part, index) => stepOf(part, crosses, index === parts.length - 1));
  return (path) => {
    let states = closure(steps, new Set([0]));
    for (const char of path) {
      const next = new Set<number>();
      for (const state of states) steps[state >> 1]?.take(char, state, next);
      states = closure(steps, next);
      if (states.size === 0) return false;
    }
    return states.has(2 * steps.length);
  };
}

/**
 * State 2i is in front of part i; 2i+1 is inside a `**` that has begun and must end at a slash. The state behind the
 * last part is the end.
 */
interface Step {
  /** Whether it may be left out. */
  readonly isOptional: boolean;
  /** Adds the states that `char` leads to from `state`. */
  take(char: string, state: number, next: Set<number>): void;
}

function stepOf(part: Part, crosses: boolean, isLast: boolean): Step {
  if (part.kind === 'star') return ANY_NAME;
  if (part.kind === 'stars') return !crosses ? ANY_NAME : isLast ? loop(() => true) : FOLDERS;
  const matches = characterTest(part);
  return {
    isOptional: false,
    take(char, state, next) {
      if (matches(char)) next.add(state + 2);
    },
  };
}

function loop(matches: (char: string) => boolean): Step {
  return {
    isOptional: true,
    take(char, state, next) {
      if (matches(char)) next.add(state);
    },
  };
}

const ANY_NAME = loop((char) => char !== '/');

/** Any number of whole components. */
const FOLDERS: Step = {
  isOptional: true,
  take(char, state, next) {
    next.add(state | 1);
    if (char === '/') next.add((state & ~1) + 2);
  },
};

function characterTest(
  part: Exclude<Part, { kind: 'stars' } | { kind: 'star' }>,
): (char: string) => boolean {
  if (part.kind === 'any') return (char) => char !== '/';
  if (part.kind === 'char') return (char) => char === part.char;
  const test = new RegExp(`^${part.source}$`, 'su');
  return (char) => test.test(char);
}

/** Adds the states that lie behind what may be left out. */
function closure(steps: readonly Step[], states: Set<number>): Set<number> {
  // What is added is gone through too.
  for (const state of states)
    if (state % 2 === 0 && steps[state >> 1]?.isOptional === true) states.add(state + 2);
  return states;
}
