// How the text of a RUN is cut into the programs that it starts.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the shell's

import { expect, test } from 'vitest';
import { programsOf } from '../../../../builder/lint/own/run-commands.ts';
import { readShellText } from '../../../../builder/lint/own/shell-text.ts';
import { parse } from '../../../../grammar/parse.ts';
import { seededRandom } from '../../../support/seed.ts';

/** Each program with its arguments, after what joins it to the one before. */
function programs(run: string): string[] {
  const { instructions, escape: mark } = parse({ name: 'Dockerfile', text: `FROM a\n${run}\n` });
  return instructions.flatMap((node) => {
    if (node.kind !== 'run') return [];
    return programsOf(node, mark).map(({ name, args, command: { joint, span } }) => {
      expect(span.end).toBeGreaterThan(span.start);
      expect(span.end).toBeLessThanOrEqual(span.source.text.length);
      return [joint, name, ...args].join(' ');
    });
  });
}

test.each([
  ['RUN a b && c || d | e; f & g', ['start a b', '&& c', '|| d', '| e', '; f', '; g']],
  ['RUN "a b" \'c d\' e\\ f', ['start a b c d e f']],
  ['RUN a "b && c" d', ['start a b && c d']],
  ['RUN a $(b && c) `d; e` ${f:-g h}', ['start a $(b && c) `d; e` ${f:-g h}']],
  ['RUN a > b 2>&1 < c >>d e', ['start a e']],
  ['RUN a &> b; c', ['start a', '; c']],
  ['RUN A=b C="d e" /usr/bin/f g', ['start f g']],
  ['RUN sudo -u x -E env A=b nice -n 5 f g', ['start f g']],
  ['RUN if a; then b; else c; fi', ['start a', '; b', '; c', '; fi']],
  ['RUN (cd x && y) && { z; }', ['start cd x', '&& y', '&& z']],
  ['RUN a \\\n  # b && c\n\n  d && \\\n e', ['start a d', '&& e']],
  ['RUN a # b && c', ['start a']],
  ['RUN a#b', ['start a#b']],
  ['RUN <<EOF\na \\\n b\n# c\nd\nEOF', ['start a b', '; d']],
  ['RUN bash -e <<EOF\na\nEOF', ['start bash -e', 'start a']],
  ['RUN cat <<EOF > x && y\na\nEOF', ['start cat', '&& y']],
  ['RUN <<EOF\n#!/usr/bin/env bash\na\nEOF', ['start a']],
  ['RUN <<EOF\n#!/usr/bin/python3\na\nEOF', []],
  ['RUN ["a", "b c"]', ['start a b c']],
  ['RUN ["/bin/sh", "-ec", "a && b"]', ['start a', '&& b']],
])('%j', (run, wanted) => {
  expect(programs(run)).toEqual(wanted);
});

test('text that is no proper shell is read to its end', () => {
  const random = seededRandom('shell-text');
  const parts = [
    '"',
    "'",
    '`',
    '$(',
    '${',
    ')',
    '}',
    '\\',
    '#',
    '|',
    '&',
    ';',
    '<',
    '>',
    '<<<',
    ' ',
    'a',
    '\\\n',
  ];
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: random.int(30) }, () => parts[random.int(parts.length)]).join(
      '',
    );
    for (const mark of ['\\', '`', undefined] as const) {
      const place = { source: { name: '', text: `x ${text} y` }, start: 2, end: text.length + 2 };
      for (const { span } of readShellText(place, mark)) {
        expect(span.start).toBeGreaterThanOrEqual(place.start);
        expect(span.end).toBeLessThanOrEqual(place.end);
      }
    }
  }
});
