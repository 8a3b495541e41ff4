// Random Dockerfiles whose steps read, list, ask, write and remove in a small world of names, so that they meet each
// other's files and those that edits change; and random edits of them.

import { READERS, WRITERS } from './random-commands.ts';
import { anyPath, FOLDERS, NAMES, pick, type Random } from './random-names.ts';

const path = (random: Random): string => `/${anyPath(random)}`;
const folder = (random: Random): string => `/${pick(random, FOLDERS)}`;

/** Some commands, each of which may fail without ending the step. */
function script(random: Random, step: number): string {
  const commands: string[] = [];
  const count = 2 + random.int(4);
  for (let at = 0; at < count; at++) {
    const writes = random.int(3) === 0;
    const command = pick(random, writes ? WRITERS : READERS)(random, `/out/${step}.${at}`);
    commands.push(`(${command}) 2>&1 || echo failed >> /out/${step}.${at}`);
  }
  return ['mkdir -p /out', ...commands].join('\n');
}

function run(random: Random, step: number): string {
  const first = pick(random, ['', '', '', '#!/bin/sh\n', '#!/bin/busybox sh\n']);
  return `RUN <<'E'\n${first}${script(random, step)}\nE`;
}

/** The lines of a Dockerfile; those of one entry belong together. */
interface Part {
  readonly lines: readonly string[];
  /** An edit may put something else here. */
  readonly isStep?: boolean;
}

/** A Dockerfile that can be edited: stages that begin from each other, or copy or mount from each other. */
export class RandomDockerfile {
  /** The names of its build arguments. */
  readonly args = ['X', 'Y'];
  readonly #random: Random;
  #parts: Part[] = [];
  #steps = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#say('FROM scratch AS base', 'COPY tools/ /', 'COPY base/ /');
    this.#say('FROM base AS one', 'ARG X', 'ENV PATH=/opt/bin:/bin');
    for (let count = 1 + random.int(2); count > 0; count--) this.#add(this.#step());
    this.#say(`FROM ${pick(random, ['base', 'one'])} AS two`, 'ARG Y');
    this.#say('ENV PATH=/app/src:/opt/bin:/bin');
    this.#say(pick(random, ['COPY app/ /app/', 'COPY app/ /app/', 'COPY app/src/ /app/src/']));
    for (let count = 1 + random.int(3); count > 0; count--) {
      this.#add(random.int(4) === 0 ? crossing(random, this.#steps++) : this.#step());
    }
    if (random.int(4) !== 0) return;
    this.#say(`FROM ${pick(random, ['base', 'one', 'two'])} AS three`, taking(random, 'two'));
    this.#add(this.#step());
  }

  get text(): string {
    return `${this.#parts.flatMap(({ lines }) => lines).join('\n')}\n`;
  }

  /** Changes, adds, removes or moves a step, and says what. */
  edit(): string {
    const random = this.#random;
    const steps = this.#parts.filter(({ isStep }) => isStep);
    const part = pick(random, steps);
    const at = this.#parts.indexOf(part);
    const made = { lines: this.#step(), isStep: true };
    switch (random.int(5)) {
      case 0:
        this.#parts.splice(at, 1, made);
        return `step ${at} becomes\n${made.lines.join('\n')}`;
      case 1:
        this.#parts.splice(at, 0, made);
        return `before step ${at} comes\n${made.lines.join('\n')}`;
      case 2:
        if (steps.length > 1) this.#parts.splice(at, 1);
        return `step ${at} goes`;
      case 3: {
        this.#parts.splice(at, 1);
        const to = this.#parts.indexOf(pick(random, this.#parts.slice(1))) + 1;
        this.#parts.splice(to, 0, part);
        return `step ${at} goes to ${to}`;
      }
      default:
        this.#parts.splice(at, 0, { lines: ['# a comment', `LABEL l=${random.int(9)}`] });
        return `a label before step ${at}`;
    }
  }

  #say(...lines: string[]): void {
    this.#parts.push({ lines });
  }

  #add(lines: readonly string[]): void {
    this.#parts.push({ lines, isStep: true });
  }

  #step(): readonly string[] {
    const random = this.#random;
    if (random.int(4) === 0) return setting(random);
    return [...said(random), run(random, this.#steps++)];
  }
}

/** What its author may say of a step. */
function said(random: Random): string[] {
  return random.int(6) === 0 ? ['# slipway: cache=traced'] : [];
}

function setting(random: Random): string[] {
  const choices = [
    [`WORKDIR ${folder(random)}`],
    [`WORKDIR ${pick(random, NAMES)}`],
    [`WORKDIR ${path(random)}`],
    [`ENV V=${random.int(3)}`, `ENV PATH=${folder(random)}:/opt/bin:/bin`],
    [
      'USER me',
      `RUN id > /tmp/me; cat ${path(random)} > /tmp/mine; ls ${folder(random)} >> /tmp/mine; true`,
      'USER root',
    ],
    ['SHELL ["/bin/sh", "-f", "-c"]', `RUN echo ${folder(random)}/* > /tmp/f; true`],
    [`SHELL ["${path(random)}", "-c"]`, 'SHELL ["/bin/sh", "-c"]'],
    [`RUN ["/bin/ls", "-d", "/", "${folder(random)}/.."]`],
    [`COPY <<E ${folder(random)}/\nof $X and $Y\nE`],
    [`COPY app/src/ ${folder(random)}/`],
    [`COPY --chown=me app/src/ ${folder(random)}/`],
    [`COPY --chmod=${pick(random, ['700', '755'])} app/src/ ${folder(random)}/`],
    [`COPY --link app/src/ ${folder(random)}/`],
    [`COPY app/*/${pick(random, ['*', '[a-c]'])} /opt/all/`],
    [`ADD app/lib ${folder(random)}/`],
    ['ADD app.tar /opt/tar/'],
  ];
  return pick(random, choices);
}

function taking(random: Random, from: string): string {
  const what = pick(random, ['/app/', '/opt/', '/data/', '/opt/bin/*', '/data/d/[a-c]']);
  const flag = pick(random, ['', '', '--link ', '--chown=7:8 ']);
  return `COPY ${flag}--from=${from} ${what} /from/`;
}

function crossing(random: Random, step: number): string[] {
  const body = `cat /mnt/${pick(random, NAMES)} > /out/${step}; ls /mnt >> /out/${step}; cat ${path(random)} >> /out/${step}`;
  const mount = pick(random, [
    `--mount=type=bind,from=one,source=/,target=/mnt`,
    `--mount=type=bind,from=one,source=/app,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt,rw`,
    `--mount=type=bind,source=app/src,target=/app/lib --mount=type=bind,from=base,target=/mnt`,
    `--mount=type=tmpfs,target=/mnt`,
    `--mount=type=secret,id=none,target=/mnt/a`,
  ]);
  return [
    pick(random, [
      `RUN ${mount} mkdir -p /out; ${body}; true`,
      `RUN --mount=type=bind,source=app,target=/mnt,rw mkdir -p /out; echo w >> /mnt/a; ${body}; true`,
      taking(random, 'one'),
    ]),
  ];
}
