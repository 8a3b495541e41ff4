// The parser where the reference's golden files say nothing: places, heredocs, directives, refusals.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { describe, expect, it } from 'vitest';
import { isBuildError } from '../../core/errors.ts';
import { formatPlace, type SourceText, type Span } from '../../core/source.ts';
import type { DockerfileAst, Heredoc, Instruction } from '../../grammar/ast.ts';
import { dump } from '../../grammar/dump.ts';
import { parse } from '../../grammar/parse.ts';
import { testBlocks } from '../support/blocks.ts';

function parseText(text: string): DockerfileAst {
  return parse({ name: 'Dockerfile', text });
}

/** `CODE place: message (hint)`, or `fine`. */
function refusal(text: string): string {
  try {
    parseText(text);
    return 'fine';
  } catch (error) {
    if (!isBuildError(error)) throw error;
    const place = error.span ? formatPlace(error.span).replace('Dockerfile:', '') : 'nowhere';
    return `${error.code} ${place} ${error.message}${error.hint ? ` (${error.hint})` : ''}`;
  }
}

function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

function heredocsOf(instruction: Instruction | undefined): readonly Heredoc[] {
  return instruction && 'heredocs' in instruction ? instruction.heredocs : [];
}

describe('parses', () => {
  testBlocks(import.meta.dirname, 'cases/parse.txt', (input) => dump(parseText(input)));
});

describe('refuses, with the place and what would have been right', () => {
  testBlocks(import.meta.dirname, 'cases/refuse.txt', refusal);
});

describe('places', () => {
  it('of words are where they stand, across continued lines', () => {
    const ast = parseText('FROM a AS b\nCOPY --from=x \\\n  # comment\n  one tw\\\no /to\n');
    const copy = ast.instructions[1];
    if (copy?.kind !== 'copy') throw new Error('no COPY');
    expect(copy.paths.map((path) => path.text)).toEqual(['one', 'two', '/to']);
    expect(copy.paths.map((path) => textOf(path.span))).toEqual(['one', 'tw\\\no', '/to']);
    expect(formatPlace(copy.paths[1]?.span ?? copy.span)).toBe('Dockerfile:4:7');
    expect(copy.flags.map((flag) => textOf(flag.valueSpan))).toEqual(['x']);
    expect(copy.flags.map((flag) => textOf(flag.nameSpan))).toEqual(['--from']);
  });

  it('of an instruction end with its arguments, not with the bodies of its heredocs', () => {
    const ast = parseText('FROM a\nRUN <<A cat <<-"B"  \na\nA\n\tb\n\tB\n');
    const run = ast.instructions[1];
    expect(run && textOf(run.span)).toBe('RUN <<A cat <<-"B"');
    expect(heredocsOf(run).map((heredoc) => textOf(heredoc.bodySpan))).toEqual(['a\n', '\tb\n']);
    expect(heredocsOf(run).map((heredoc) => textOf(heredoc.marker.span))).toEqual([
      '<<A',
      '<<-"B"',
    ]);
  });

  it('of pairs and their parts are told apart', () => {
    const [, env] = parseText('FROM a\nENV A="b c" D=').instructions;
    if (env?.kind !== 'env') throw new Error('no ENV');
    expect(env.pairs.map((pair) => textOf(pair.span))).toEqual(['A="b c"', 'D=']);
    expect(env.pairs.map((pair) => textOf(pair.value.span))).toEqual(['"b c"', '']);
  });
});

describe('heredocs', () => {
  const table: [string, Partial<Heredoc>][] = [
    ['RUN <<EOF\nx\nEOF', { name: 'EOF', expand: true, stripTabs: false, fd: 0, body: 'x\n' }],
    ['RUN 3<<EOF\nx\nEOF', { fd: 3 }],
    ['RUN <<-EOF\n\tx\n\tEOF', { stripTabs: true, body: '\tx\n' }],
    ["RUN <<'EOF'\n$x\nEOF", { name: 'EOF', expand: false }],
    ["RUN <<eo'f'\nx\neof", { name: 'eof', expand: false }],
    ["RUN <<eo\\'f\nx\neo'f", { name: "eo'f", expand: true }],
    ["RUN <<'one two'\nx\none two", { name: 'one two', expand: false }],
    ['RUN <<$EOF\n$EOF', { name: '$EOF', expand: true, body: '' }],
    ['RUN <<  EOF > foo\nx\nEOF', { name: 'EOF' }],
    ['COPY <<file.txt /dest\nx\r\nfile.txt', { name: 'file.txt', body: 'x\r\n' }],
    ['RUN echo "${a:-"b"}" ${c/d/e} <<EOF\nx\nEOF', { name: 'EOF', body: 'x\n' }],
    ['ADD <<EOF /dest\n# no comment\n\\\nEOF', { body: '# no comment\n\\\n' }],
  ];

  it.each(table)('%j', (text, expected) => {
    const [, instruction] = parseText(`FROM a\n${text}`).instructions;
    expect(heredocsOf(instruction)[0]).toMatchObject(expected);
  });

  it.each([
    'USER <<EOF',
    'RUN "<<EOF"',
    'RUN ["<<EOF"]',
    'RUN cat <<< word',
    'RUN echo $((1<<2))',
    "RUN it's <<EOF",
    'RUN echo ${a <<EOF',
    'RUN echo ${} <<EOF',
    'RUN echo ${a^^} <<EOF',
    'RUN echo ${a/b} <<EOF',
    'RUN echo "${a:-"b}" <<EOF',
    'RUN a <<- EOF',
    'RUN a <<',
  ])('are not read from %s', (text) => {
    const { instructions } = parseText(`FROM a\n${text}\nRUN next`);
    expect(heredocsOf(instructions[1])).toEqual([]);
    expect(instructions).toHaveLength(3);
  });

  it('are one word of COPY even where blanks stand in them', () => {
    const [, copy] = parseText('FROM a\nCOPY x <<"a b" << c /to\n1\na b\n2\nc\n').instructions;
    if (copy?.kind !== 'copy') throw new Error('no COPY');
    expect(copy.paths.map(({ text, heredoc }) => [text, heredoc])).toEqual([
      ['x', undefined],
      ['<<"a b"', 0],
      ['<< c', 1],
      ['/to', undefined],
    ]);
  });
});

describe('what stands around instructions', () => {
  it('gives the comments above to the instruction, an empty one starting anew', () => {
    const { instructions } = parseText('# lost\n#\n# a kept\n\n  # b kept \nFROM a\nRUN x');
    expect(instructions.map(({ comments }) => comments.map(({ text }) => text))).toEqual([
      ['a kept', 'b kept'],
      [],
    ]);
  });

  it('reads directives above all else, below a byte order mark', () => {
    const ast = parseText('\ufeff# SYNTAX = a/b \n# escape=`\n# check=skip=all\nFROM a');
    expect(ast.directives.map(({ name, value }) => [name, value])).toEqual([
      ['syntax', 'a/b'],
      ['escape', '`'],
      ['check', 'skip=all'],
    ]);
    expect(ast.escape).toBe('`');
  });

  it.each(['\n# escape=`', '# unknown=1\n# escape=`', '# words\n# escape=`'])(
    'takes a directive below %j for a comment',
    (above) => expect(parseText(`${above}\nFROM a`).escape).toBe('\\'),
  );

  it('reads the others below a #! line', () => {
    const ast = parseText('#!/usr/bin/x\n# syntax=a\n# escape=`\n# check=skip=all\nFROM a');
    expect(ast.directives.map(({ name }) => name)).toEqual(['syntax', 'check']);
    expect(ast.escape).toBe('\\');
  });

  it('notes blank lines inside an instruction', () => {
    const ast = parseText('FROM a\nRUN a \\\n\n b \\\n  \n');
    expect(ast.emptyContinuations.map((span) => formatPlace(span))).toEqual([
      'Dockerfile:3:1',
      'Dockerfile:5:1',
    ]);
  });
});

describe('size', () => {
  it('takes a line of 65535 bytes, and refuses one more', () => {
    expect(refusal(`FROM a\nRUN ${'x'.repeat(65_531)}\n`)).toBe('fine');
    expect(refusal(`FROM a\nRUN ${'x'.repeat(65_532)}\n`)).toBe(
      'E_PARSE 2:1 the line is longer than 65535 bytes',
    );
    expect(refusal(`FROM a\nRUN ${'é'.repeat(32_766)}\n`)).toMatch(/longer than 65535 bytes/);
  });

  it('refuses an instruction that never ends', () => {
    const text = `FROM a\nRUN x${`\\\n${'x'.repeat(60_000)}`.repeat(20)}`;
    expect(refusal(text)).toBe('E_PARSE 2:1 the instruction is longer than 1048576 characters');
  });

  // Quadratic work on these would take minutes, not the seconds that a test may take.
  const lists: [string, string, number][] = [
    ['pairs', 'ENV', 60_000],
    ['words', 'EXPOSE', 60_000],
    ['flags', 'RUN', 20_000],
  ];
  it.each(lists)('reads one instruction of many %s', (kind, keyword, count) => {
    const item = { pairs: ' a=b', words: ' 80', flags: ' --x=y' }[kind] ?? '';
    const lines = `${item.repeat(1000)} \\\n`.repeat(count / 1000);
    const [, instruction] = parseText(`FROM a\n${keyword}${lines}`).instructions;
    const size =
      instruction?.kind === 'env'
        ? instruction.pairs.length
        : instruction?.kind === 'expose'
          ? instruction.words.length
          : instruction?.flags.length;
    expect(size).toBe(count);
  });

  it('reads a file of many lines', () => {
    const text = 'FROM a\n# c\nRUN a \\\n && b\nENV A=1 B="2"\nCMD ["x"]\n'.repeat(5000);
    expect(parseText(text).instructions).toHaveLength(20_000);
  });
});

it('names the source in every span', () => {
  const source: SourceText = { name: 'Other', text: 'FROM a' };
  expect(parse(source).instructions[0]?.span.source).toBe(source);
});
