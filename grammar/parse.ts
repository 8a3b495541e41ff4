// The grammar's one entry: text -> AST. Each logical instruction is parsed by itself, so the cost
// is linear in the file and no parse table outlives its line. A line that is wrong is left out and the
// next one read, so that one run finds all mistakes.

import { BuildError, isBuildError } from '../core/errors.ts';
import { Problems } from '../core/problems.ts';
import type { SourceText, Span } from '../core/source.ts';
import type { DockerfileAst, Heredoc, Instruction } from './ast.ts';
import { isStrayLine } from './expected.ts';
import { findHeredocs } from './heredoc.ts';
import { keywordOf } from './keywords.ts';
import { InstructionLexer } from './lexer.ts';
import type { LogicalLine } from './lines/logical-line.ts';
import { Preprocessor } from './lines/preprocess.ts';
import { parseLine } from './parse-line.ts';

/** What could be read of a Dockerfile, and what is wrong with the rest. */
export interface ParseResult {
  /** The instructions that are right. */
  readonly ast: DockerfileAst;
  /** The lines that are wrong, in order; what they were meant to be is not known. */
  readonly broken: readonly BrokenLine[];
  /** In the order of the file, a hundred at most. */
  readonly errors: readonly BuildError[];
}

export interface BrokenLine {
  readonly span: Span;
  /** The text of `span` with its lines joined. */
  readonly text: string;
}

/**
 * Parses the text of a Dockerfile. Throws a BuildError with a span: E_PARSE, E_UNKNOWN_INSTRUCTION,
 * E_DIRECTIVE, E_HEREDOC, E_EMPTY_DOCKERFILE; further mistakes are its `others`. Flags are names and
 * texts: which instruction knows which is not checked here.
 */
export function parse(source: SourceText): DockerfileAst {
  const { ast, errors } = parseWithErrors(source);
  const problems = new Problems();
  for (const error of errors) problems.add(error);
  problems.throwIfAny();
  return ast;
}

/** As `parse`, but never throws a BuildError: editors want what can be read although something is wrong. */
export function parseWithErrors(source: SourceText): ParseResult {
  return new FileParser(source).parse();
}

class FileParser {
  readonly #source: SourceText;
  readonly #problems = new Problems();
  readonly #preprocessor: Preprocessor;
  readonly #instructions: Instruction[] = [];
  readonly #broken: BrokenLine[] = [];
  /** True where the line before was no instruction at all. */
  #strayed = false;

  constructor(source: SourceText) {
    this.#source = source;
    this.#preprocessor = new Preprocessor(source, this.#problems);
  }

  parse(): ParseResult {
    const preprocessor = this.#preprocessor;
    let lexer: InstructionLexer | undefined;
    for (let line = preprocessor.next(); line !== undefined; line = preprocessor.next()) {
      lexer ??= new InstructionLexer(preprocessor.escape);
      this.#read(lexer, line);
    }
    if (this.#instructions.length === 0 && !this.#problems.any) {
      this.#problems.add(emptyDockerfile(this.#source));
    }
    const { escape: escapeCharacter, directives, emptyContinuations } = preprocessor;
    const instructions = this.#instructions;
    return {
      ast: {
        source: this.#source,
        escape: escapeCharacter,
        directives,
        instructions,
        emptyContinuations,
      },
      broken: this.#broken,
      errors: this.#problems.inOrder(),
    };
  }

  #read(lexer: InstructionLexer, line: LogicalLine): void {
    let stray = false;
    try {
      const instruction = parseLine(lexer, line);
      const whole = this.#problems.attempt(() => {
        const found = this.#withBodies(instruction);
        refuseOtherEncodings(found, line);
        return found;
      });
      if (whole === undefined) this.#break(line);
      else this.#instructions.push(whole);
    } catch (error) {
      if (!isBuildError(error)) throw error;
      stray = isStrayLine(error);
      // Lines that go on from a stray one are the same mistake.
      if (!stray || !this.#strayed) this.#problems.add(error);
      this.#break(line);
      this.#skipHeredocs(line);
    }
    this.#strayed = stray;
  }

  #break(line: LogicalLine): void {
    this.#broken.push({ span: line.span(0, line.text.length), text: line.text });
  }

  /** The bodies of a line that is wrong are no instructions, where it looks as if they were bodies. */
  #skipHeredocs(line: LogicalLine): void {
    const [first = ''] = line.text.split(/[\t\v\f\r ]/, 1);
    const keyword = keywordOf(first);
    if (keyword !== undefined && !['RUN', 'COPY', 'ADD', 'ONBUILD'].includes(keyword)) return;
    for (const { name, stripTabs } of findHeredocs(line, first.length)) {
      if (!this.#preprocessor.hasLineBelow(name, stripTabs)) return;
      this.#preprocessor.heredocBody(name, stripTabs);
    }
  }

  /** Reads the bodies of the instruction's heredocs, which follow it in the text. */
  #withBodies(instruction: Instruction): Instruction {
    if (instruction.kind === 'onbuild') {
      const trigger = this.#withBodies(instruction.trigger) as typeof instruction.trigger;
      return { ...instruction, trigger };
    }
    if (!('heredocs' in instruction) || instruction.heredocs.length === 0) return instruction;
    const heredocs = instruction.heredocs.map((heredoc) => this.#withBody(heredoc));
    return { ...instruction, heredocs };
  }

  #withBody(heredoc: Heredoc): Heredoc {
    const found = this.#preprocessor.heredocBody(heredoc.name, heredoc.stripTabs);
    if (found !== undefined) return { ...heredoc, body: found.body, bodySpan: found.span };
    // What ends the reading of the file has been told already.
    if (this.#preprocessor.gaveUp) return heredoc;
    throw new BuildError('E_HEREDOC', `the heredoc ${heredoc.marker.text} has no end`, {
      span: heredoc.marker.span,
      hint: `Put ${heredoc.name} alone on a line after the text.`,
    });
  }
}

/** What stands in the text for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Bytes in another encoding are lost when the file is read. Nobody wants to run or copy what they were
 * turned into; in labels and in the author's name, where the reference loses them too, they do no harm.
 */
function refuseOtherEncodings(instruction: Instruction, line: LogicalLine): void {
  if (instruction.kind === 'label' || instruction.kind === 'maintainer') return;
  const command = instruction.kind === 'onbuild' ? instruction.trigger : instruction;
  const bodies = 'heredocs' in command ? command.heredocs : [];
  const at = line.text.indexOf(REPLACEMENT);
  const body = bodies.find((heredoc) => heredoc.body.includes(REPLACEMENT));
  if (at === -1 && body === undefined) return;
  throw new BuildError('E_PARSE', 'the text is not UTF-8', {
    span: at === -1 ? body?.marker.span : line.span(at, at + 1),
    hint: 'Save the Dockerfile as UTF-8.',
  });
}

function emptyDockerfile(source: SourceText): BuildError {
  const end = source.text.length;
  return new BuildError('E_EMPTY_DOCKERFILE', 'the Dockerfile has no instructions', {
    span: { source, start: end, end },
    hint: 'The smallest one is: FROM scratch',
  });
}
