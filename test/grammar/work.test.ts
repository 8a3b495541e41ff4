// How much the parser does, counted and not timed: the states of Earley's algorithm that nearley makes.
// A grammar that leaves something open, or a list that is copied, shows here first.

import nearley from 'nearley';
import { expect, it } from 'vitest';
import rules from '../../grammar/generated/dockerfile.js';
import { parse } from '../../grammar/parse.ts';

interface Column {
  readonly states: readonly unknown[];
  process(): void;
}

/** nearley's class of the states after each token, which it does not export. */
function columnClass(): Column {
  const parser = new nearley.Parser(nearley.Grammar.fromCompiled(rules));
  return Object.getPrototypeOf((parser as unknown as { table: Column[] }).table[0]);
}

/** The states that parsing a text takes. */
function statesFor(text: string): number {
  const column = columnClass();
  const { process } = column;
  let states = 0;
  column.process = function (this: Column) {
    process.call(this);
    states += this.states.length;
  };
  try {
    parse({ name: 'Dockerfile', text });
  } finally {
    column.process = process;
  }
  return states;
}

const PAGE = `FROM debian:bookworm AS build
# a comment
ARG VERSION=1.2 COMMIT
ENV PATH=/opt/bin:$PATH LANG=C
RUN --mount=type=cache,target=/root/.cache \\
    make -j "$(nproc)" && make install
COPY --from=build --chown=1:2 /a /b /c/
EXPOSE 80 443/udp
HEALTHCHECK --interval=5s CMD ["curl", "-f", "http://localhost/"]
ONBUILD COPY . /src
CMD ["nginx", "-g", "daemon off;"]
`;

it('grows with the number of instructions, and with nothing else', () => {
  const once = statesFor(PAGE);
  expect(statesFor(PAGE.repeat(1000))).toBe(once * 1000);
});

const lists: [string, (count: number) => string][] = [
  ['words', (count) => `EXPOSE${' 80'.repeat(count)}`],
  ['paths', (count) => `COPY${' a'.repeat(count)}`],
  ['pairs', (count) => `ENV${' A=b'.repeat(count)}`],
  ['declarations', (count) => `ARG${' A=b'.repeat(count)}`],
  ['flags', (count) => `RUN${' --a=b'.repeat(count)}`],
  ['strings', (count) => `CMD ["a"${',"a"'.repeat(count)}]`],
];

it.each(lists)('is the same for each of many %s', (_name, list) => {
  const [few, more, most] = [100, 200, 300].map((count) => statesFor(`FROM a\n${list(count)}`));
  expect((most ?? 0) - (more ?? 0)).toBe((more ?? 0) - (few ?? 0));
  expect(((most ?? 0) - (more ?? 0)) / 100).toBeLessThan(30);
});
