// Parser directives: `# escape=` and its like, which count only above the first comment, blank line
// or instruction. Scanned by hand, since a pattern for them would be quadratic in white space.

import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import type { Directive, EscapeCharacter } from '../ast.ts';

const NAMES = ['syntax', 'escape', 'check'] as const;

/** Takes the lines from the top; says which of them are directives, until one is not. */
export class DirectiveReader {
  readonly directives: Directive[] = [];
  escape: EscapeCharacter = '\\';
  readonly #escapeCounts: boolean;
  #done = false;

  /** `below` a `#!` line, `# escape=` is a comment like any other: the reference's parser sees no directives there. */
  constructor(below: 'nothing' | 'a #! line') {
    this.#escapeCounts = below === 'nothing';
  }

  /**
   * Returns true where `line` (without white space before and its line end) is a directive.
   * Throws E_DIRECTIVE where it is one twice, or an escape that is neither `\` nor a backtick.
   */
  accept(line: string, span: Span): boolean {
    const directive = this.#done ? undefined : readDirective(line, span);
    if (directive === undefined) {
      this.#done = true;
      return false;
    }
    if (directive.name === 'escape' && !this.#escapeCounts) return true;
    if (this.directives.some((earlier) => earlier.name === directive.name)) {
      throw new BuildError('E_DIRECTIVE', `the directive ${directive.name} is given twice`, {
        span,
        hint: 'Keep one of the lines.',
      });
    }
    this.directives.push(directive);
    if (directive.name === 'escape') this.escape = escapeOf(directive);
    return true;
  }
}

function readDirective(line: string, span: Span): Directive | undefined {
  const equals = line.indexOf('=');
  if (!line.startsWith('#') || equals === -1) return undefined;
  const key = line.slice(1, equals).trim().toLowerCase();
  const name = NAMES.find((known) => known === key);
  const value = line.slice(equals + 1).trim();
  return name === undefined || value === '' ? undefined : { name, value, span };
}

function escapeOf(directive: Directive): EscapeCharacter {
  if (directive.value === '\\' || directive.value === '`') return directive.value;
  throw new BuildError('E_DIRECTIVE', `the escape character cannot be ${directive.value}`, {
    span: directive.span,
    hint: 'Use \\ or `.',
  });
}
