// The stages of a Dockerfile, and the build arguments that stand above them.

import { BuildError } from '../../../core/errors.ts';
import { Problems } from '../../../core/problems.ts';
import type { SourceText } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type {
  ArgInstruction,
  DockerfileAst,
  FromInstruction,
  Instruction,
} from '../../../grammar/ast.ts';
import { KEYWORDS, keywordOf } from '../../../grammar/keywords.ts';
import type { BrokenLine, ParseResult } from '../../../grammar/parse.ts';
import { readCommand, readFrom } from '../instructions/read-instruction.ts';
import type { TypedCommand, TypedFrom } from '../instructions/typed.ts';

export interface Stage {
  /** From 0, in the order of the file. */
  readonly index: number;
  readonly from: TypedFrom;
  /** True where the FROM is wrong: nothing of it is known for sure. */
  readonly unread: boolean;
  readonly commands: readonly TypedCommand[];
  /** The indexes in `commands` before which instructions stand that are wrong. */
  readonly gaps: ReadonlySet<number>;
}

type MutableStage = Stage & { readonly commands: TypedCommand[]; readonly gaps: Set<number> };

export interface Stages {
  /** ARG instructions before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  /** False where something above the first FROM is wrong: it may have been an ARG. */
  readonly globalsKnown: boolean;
  readonly stages: readonly Stage[];
}

/** Groups the instructions by stage. Throws E_STAGE where one stands before any FROM, and what typing throws; all of it at once. */
export function readStages(ast: DockerfileAst): Stages {
  const problems = new Problems();
  const stages = collectStages({ ast, broken: [], errors: [] }, problems);
  problems.throwIfAny();
  return stages;
}

/**
 * As `readStages`, for a Dockerfile that may have broken lines. What is wrong goes to `problems`, and
 * what follows only from it does not. A build plans a Dockerfile several times; this is done once.
 */
export function collectStages(parsed: ParseResult, problems: Problems): Stages {
  const known = collected.get(parsed) ?? collectOnce(parsed);
  collected.set(parsed, known);
  for (const error of known.problems.inOrder()) problems.add(error);
  return known.stages;
}

interface Collected {
  readonly stages: Stages;
  readonly problems: Problems;
}

const collected = new WeakMap<ParseResult, Collected>();

function collectOnce({ ast, broken }: ParseResult): Collected {
  const problems = new Problems();
  const reader = new StageReader(problems);
  let next = 0;
  for (const node of ast.instructions) {
    for (
      let line = broken[next];
      line && line.span.start < node.span.start;
      line = broken[++next]
    ) {
      reader.broken(line);
    }
    reader.instruction(node);
  }
  for (const line of broken.slice(next)) reader.broken(line);
  return { stages: reader.end(ast.source), problems };
}

class StageReader {
  readonly #problems: Problems;
  readonly #globals: ArgInstruction[] = [];
  readonly #stages: MutableStage[] = [];
  /** True once something stood before the first FROM that is wrong: it may have been one, or an ARG. */
  #lost = false;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  instruction(node: Instruction): void {
    if (node.kind === 'from') {
      const from = this.#problems.attempt(() => readFrom(node));
      this.#start(from ?? unreadFrom(node), from === undefined);
      return;
    }
    const stage = this.#stages.at(-1);
    const command = this.#problems.attempt(() => readCommand(node));
    if (command === undefined) this.#gap();
    else if (stage !== undefined) stage.commands.push(command);
    else if (node.kind === 'arg') this.#globals.push(node);
    else this.#beforeFrom(node);
  }

  /** A line that the parser could not read: a FROM if it looks like one, else anything. */
  broken(line: BrokenLine): void {
    const [word = ''] = line.text.split(/\s/, 1);
    if ((keywordOf(word) ?? suggest(word, Object.keys(KEYWORDS))) === 'FROM') {
      this.#start(unreadFrom(asFrom(line)), true);
    } else this.#gap();
  }

  end(source: SourceText): Stages {
    // Without any instruction, the parser has said so.
    if (this.#stages.length === 0 && this.#globals.length > 0 && !this.#lost) {
      const end = source.text.length;
      const span = { source, start: end, end };
      this.#problems.add(new BuildError('E_STAGE', 'the Dockerfile has no FROM', { span }));
    }
    return { globals: this.#globals, globalsKnown: !this.#lost, stages: this.#stages };
  }

  #start(from: TypedFrom, unread: boolean): void {
    this.#stages.push({ index: this.#stages.length, from, unread, commands: [], gaps: new Set() });
  }

  #gap(): void {
    const stage = this.#stages.at(-1);
    if (stage === undefined) this.#lost = true;
    else stage.gaps.add(stage.commands.length);
  }

  /** Told once: those after it are the same mistake. */
  #beforeFrom({ kind, span }: Instruction): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#problems.add(
      new BuildError('E_STAGE', `${kind.toUpperCase()} stands before the first FROM`, {
        span,
        hint: 'Only ARG, comments and parser directives may.',
      }),
    );
  }
}

/** A FROM of which only its place, and perhaps its stage's name, is known. */
function unreadFrom(node: FromInstruction): TypedFrom {
  const name = /\sAS\s+(\S+)\s*$/i.exec(node.text)?.[1]?.toLowerCase();
  return { kind: 'from', node, image: node.image, name, platform: undefined };
}

function asFrom({ span, text }: BrokenLine): FromInstruction {
  const whole = { text, span };
  return {
    kind: 'from',
    keyword: whole,
    flags: [],
    span,
    text,
    comments: [],
    image: whole,
    as: undefined,
  };
}

/** The name that people and `--target` use: the one after AS, else `stage-N`. */
export function stageName(stage: Stage): string {
  return stage.from.name ?? `stage-${stage.index}`;
}

/** Returns the stage that `target` names, whatever its case; the last without one. Throws E_TARGET_NOT_FOUND. */
export function findTarget(stages: readonly Stage[], target: string | undefined): Stage {
  const wanted = target?.toLowerCase();
  const found =
    wanted === undefined ? stages.at(-1) : stages.findLast((stage) => stage.from.name === wanted);
  if (found !== undefined) return found;
  const names = stages.flatMap(({ from }) => from.name ?? []);
  const near = suggest(target ?? '', names);
  const known = names.length > 0 ? `The stages are ${names.join(', ')}.` : 'No stage has a name.';
  throw new BuildError('E_TARGET_NOT_FOUND', `there is no stage ${JSON.stringify(target)}`, {
    hint: near ? `Did you mean ${near}?` : known,
  });
}

/** Throws E_STAGE where a name of `--no-cache-filter` is no stage's. */
export function checkFilter(stages: readonly Stage[], filter: readonly string[]): void {
  const names = stages.map(stageName);
  for (const name of filter) {
    if (names.includes(name.toLowerCase())) continue;
    const near = suggest(name, names);
    throw new BuildError(
      'E_STAGE',
      `--no-cache-filter: there is no stage ${JSON.stringify(name)}`,
      {
        hint: near ? `Did you mean ${near}?` : `The stages are ${names.join(', ')}.`,
      },
    );
  }
}
