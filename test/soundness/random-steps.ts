// Random Dockerfiles whose steps read, list, ask, write and remove in a small world of names, so that they meet each
// other's files and those that edits change.

import { READERS, WRITERS } from './random-commands.ts';
import { anyPath, FOLDERS, NAMES, pick, type Random } from './random-names.ts';

const path = (random: Random): string => `/${anyPath(random)}`;
const folder = (random: Random): string => `/${pick(random, FOLDERS)}`;

/** A RUN of some commands, each of which may fail without ending it. */
function run(random: Random, step: number): string {
  const commands: string[] = [];
  const count = 2 + random.int(4);
  for (let at = 0; at < count; at++) {
    const writes = random.int(3) === 0;
    const command = pick(random, writes ? WRITERS : READERS)(random, `/out/${step}.${at}`);
    commands.push(`(${command}) 2>&1 || echo failed >> /out/${step}.${at}`);
  }
  return ['mkdir -p /out', ...commands].join('\n');
}

export interface RandomDockerfile {
  readonly text: string;
  /** The names of its build arguments. */
  readonly args: readonly string[];
}

/** Stages that begin from each other, or copy or mount from each other. */
export function randomDockerfile(random: Random): RandomDockerfile {
  const lines = ['FROM scratch AS base', 'COPY tools/ /', 'COPY base/ /'];
  let step = 0;
  const add = (): void => {
    if (random.int(4) === 0) lines.push(...setting(random));
    else lines.push(...said(random), `RUN <<'E'\n${run(random, step++)}\nE`);
  };
  lines.push('FROM base AS one', 'ARG X', 'ENV PATH=/opt/bin:/bin');
  for (let count = 1 + random.int(2); count > 0; count--) add();
  lines.push(
    `FROM ${pick(random, ['base', 'one'])} AS two`,
    'ARG Y',
    'ENV PATH=/app/src:/opt/bin:/bin',
  );
  lines.push(pick(random, ['COPY app/ /app/', 'COPY app/ /app/', 'COPY app/src/ /app/src/']));
  for (let count = 1 + random.int(3); count > 0; count--) {
    if (random.int(4) === 0) lines.push(crossing(random, step++));
    else add();
  }
  if (random.int(4) === 0) {
    lines.push(`FROM ${pick(random, ['base', 'one', 'two'])} AS three`, taking(random, 'two'));
    add();
  }
  return { text: `${lines.join('\n')}\n`, args: ['X', 'Y'] };
}

/** What its author may say of a step. */
function said(random: Random): string[] {
  return random.int(6) === 0 ? ['# slipway: cache=traced'] : [];
}

function setting(random: Random): string[] {
  const choices = [
    [`WORKDIR ${folder(random)}`],
    [`WORKDIR ${pick(random, NAMES)}`],
    [`ENV V=${random.int(3)}`, `ENV PATH=${folder(random)}:/opt/bin:/bin`],
    [
      'USER me',
      `RUN id > /tmp/me; cat ${path(random)} > /tmp/mine; ls ${folder(random)} >> /tmp/mine; true`,
      'USER root',
    ],
    [`COPY app/src/ ${folder(random)}/`],
    [`COPY --chown=me app/src/ ${folder(random)}/`],
    [`COPY --link app/src/ ${folder(random)}/`],
    [`COPY app/*/${pick(random, ['*', '[a-c]'])} /opt/all/`],
  ];
  return pick(random, choices);
}

function taking(random: Random, from: string): string {
  const what = pick(random, ['/app/', '/opt/', '/data/', '/opt/bin/*', '/data/d/[a-c]']);
  return `COPY --from=${from} ${what} /from/`;
}

function crossing(random: Random, step: number): string {
  const body = `cat /mnt/${pick(random, NAMES)} > /out/${step}; ls /mnt >> /out/${step}; cat ${path(random)} >> /out/${step}`;
  const mount = pick(random, [
    `--mount=type=bind,from=one,source=/,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt,rw`,
    `--mount=type=tmpfs,target=/mnt`,
  ]);
  return pick(random, [
    `RUN ${mount} mkdir -p /out; ${body}; true`,
    `RUN --mount=type=bind,source=app,target=/mnt,rw mkdir -p /out; echo w >> /mnt/a; ${body}; true`,
    taking(random, 'one'),
  ]);
}
