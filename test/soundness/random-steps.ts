// Random Dockerfiles whose steps read, list, ask, write and remove in a small world of names, so that they meet each
// other's files and those that edits change. Nothing in them depends on time, on inode numbers or on the order in which
// a directory is read, so that two runs on equal files make equal files.

export interface Random {
  next(): number;
  int(below: number): number;
}

/** One of some things. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random.int(from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** Folders that contexts, steps and edits have in common. */
export const FOLDERS = ['app', 'app/src', 'app/lib', 'etc', 'opt', 'opt/bin', 'data', 'data/d'];
export const NAMES = ['a', 'b', 'c', 'README', 'l', 'tool', 'd'];

/** A path without a slash in front. */
export function anyPath(random: Random): string {
  return `${pick(random, FOLDERS)}/${pick(random, NAMES)}`;
}

type Command = (random: Random, out: string) => string;

const path = (random: Random): string => `/${anyPath(random)}`;
const folder = (random: Random): string => `/${pick(random, FOLDERS)}`;

/** What only looks. Its findings go to `out`, so that a wrong reuse shows. */
const READERS: readonly Command[] = [
  (r, out) => `cat ${path(r)} > ${out}`,
  (r, out) => `dyncat ${path(r)} > ${out}`,
  (r, out) => `ls ${folder(r)} > ${out}`,
  (r, out) => `ls -d ${path(r)} > ${out}`,
  (r, out) => `stat -c '%a %u %g %s %F' ${path(r)} > ${out}`,
  (r, out) => `stat -c '%a %u %g %F' ${folder(r)} > ${out}`,
  (r, out) => `stat -L -c '%a %u %g %F' ${path(r)} > ${out}`,
  (r, out) => `find ${folder(r)} | sort > ${out}`,
  (r, out) => `find ${folder(r)} -type ${pick(r, ['f', 'd', 'l'])} | sort > ${out}`,
  (r, out) => `find ${folder(r)} -name '${pick(r, NAMES)}' -perm -100 | sort > ${out}`,
  (r, out) =>
    `test -${pick(r, ['e', 'f', 'd', 'L', 'x', 's', 'r', 'w'])} ${path(r)} && echo yes > ${out}`,
  (r, out) => `readlink ${path(r)} > ${out}`,
  (r, out) => `readlink -f ${path(r)} > ${out}`,
  (r, out) => `realpath ${path(r)} > ${out}`,
  (_, out) => `tool > ${out}`,
  (_, out) => `PATH=/app:/opt/bin:/bin tool > ${out}`,
  (r, out) => `${path(r)} > ${out}`,
  (r, out) => `sh ${path(r)} > ${out}`,
  (r, out) => `. ${path(r)} > ${out}`,
  (r, out) => `cd ${folder(r)} && cat ${pick(r, NAMES)} > ${out}`,
  (r, out) => `cd ${folder(r)} && ls ../${pick(r, NAMES)} > ${out}`,
  (r, out) => `cd ${folder(r)} && cat ./../src/${pick(r, NAMES)} > ${out}`,
  (r, out) => `cat ${path(r)}/../${pick(r, NAMES)} > ${out}`,
  (r, out) => `cat ${folder(r)}/* > ${out}`,
  (r, out) => `echo ${folder(r)}/*/${pick(r, NAMES)} > ${out}`,
  (r, out) => `exec 3< ${path(r)} && cat /proc/self/fd/3 > ${out}`,
  (r, out) => `cat /proc/self/root${path(r)} > ${out}`,
  (r, out) => `cd ${folder(r)} && cat /proc/self/cwd/${pick(r, NAMES)} > ${out}`,
  (r, out) => `ln -s ${path(r)} /tmp/l; cat /tmp/l > ${out}; rm /tmp/l`,
  (r, out) =>
    `ln -s ${folder(r)} /tmp/m; cat /tmp/m/${pick(r, NAMES)} > ${out}; ls /tmp/m >> ${out}; rm /tmp/m`,
  (r, out) => `(cat ${path(r)} > ${out}) & wait`,
  (r, out) => `grep -r x ${folder(r)} | sort > ${out}`,
  (r, out) => `cmp ${path(r)} ${path(r)} && echo same > ${out}`,
  (r, out) => `chroot ${pick(r, ['/', '/app'])} /bin/cat ${path(r)} > ${out}`,
  (r, out) => `su me -c 'cat ${path(r)}; ls ${folder(r)}' > ${out}`,
  (r, out) => `dd if=${path(r)} bs=1 count=2 > ${out}`,
];

/** What changes files. */
const WRITERS: readonly Command[] = [
  (r) => `echo x >> ${path(r)}`,
  (r) => `echo new > ${path(r)}`,
  (r) => `: > ${path(r)}`,
  (r) => `: >> ${path(r)}`,
  (r) => `touch -c ${path(r)}`,
  (r) => `rm -rf ${path(r)}`,
  (r) => `rm ${path(r)}`,
  (r) => `rm -rf ${pick(r, ['/app/src', '/data/d', '/app/lib'])}`,
  (r) => `rmdir ${pick(r, ['/app/src', '/data/d', '/app/lib', '/opt/bin'])}`,
  (r) => `mkdir ${path(r)}`,
  (r) => `mkdir -p ${path(r)}/x`,
  (r) => `chmod ${pick(r, ['600', '755', '711', '000'])} ${path(r)}`,
  (r) => `chmod ${pick(r, ['700', '755', '711'])} ${folder(r)}`,
  (r) => `chmod -R u+x ${folder(r)}`,
  (r) => `chown 7:7 ${path(r)}`,
  (r) => `chown -R 7 ${pick(r, ['/app/src', '/data', '/opt'])}`,
  (r) => `mv ${path(r)} ${path(r)}`,
  (r) =>
    `mv ${pick(r, ['/app/src', '/data/d', '/app/lib'])} ${pick(r, ['/app/lib', '/data/d', '/opt/new'])}`,
  (r) => `cp ${path(r)} ${path(r)}`,
  (r) => `cp -a ${folder(r)} /opt/copy`,
  (r) => `ln ${path(r)} ${path(r)}`,
  (r) => `ln -s ${path(r)} ${path(r)}`,
  (r) => `ln -sfn ../${pick(r, NAMES)} ${path(r)}`,
  (r) => `sed -i s/o/0/ ${path(r)}`,
  (r) => `rm -rf ${pick(r, ['/app/src', '/data/d'])}; mkdir -p /app/src /data/d`,
  (r) => `mkdir /tmp/w && mv ${path(r)} /tmp/w/ && mv /tmp/w/* ${path(r)}; rm -rf /tmp/w`,
];

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

/** Two stages; what the second does begins from the first, or copies or mounts from it. */
export function randomDockerfile(random: Random): RandomDockerfile {
  const lines = ['FROM scratch AS base', 'COPY tools/ /', 'COPY base/ /'];
  let step = 0;
  const add = (): void => {
    if (random.int(4) === 0) lines.push(...setting(random));
    else lines.push(`RUN <<'E'\n${run(random, step++)}\nE`);
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
  return { text: `${lines.join('\n')}\n`, args: ['X', 'Y'] };
}

function setting(random: Random): string[] {
  const choices = [
    [`WORKDIR ${folder(random)}`],
    [`ENV V=${random.int(3)}`],
    [
      'USER me',
      `RUN id > /tmp/me; cat ${path(random)} > /tmp/mine; ls ${folder(random)} >> /tmp/mine; true`,
      'USER root',
    ],
    [`COPY app/src/ ${folder(random)}/`],
  ];
  return pick(random, choices);
}

function crossing(random: Random, step: number): string {
  const body = `cat /mnt/${pick(random, NAMES)} > /out/${step}; ls /mnt >> /out/${step}; cat ${path(random)} >> /out/${step}`;
  const mount = pick(random, [
    `--mount=type=bind,from=one,source=/,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt`,
    `--mount=type=bind,source=app,target=/mnt,rw`,
    `--mount=type=tmpfs,target=/mnt`,
  ]);
  const from = pick(random, ['/out', '/app', '/opt']);
  return pick(random, [
    `RUN ${mount} mkdir -p /out; ${body}; true`,
    `RUN --mount=type=bind,source=app,target=/mnt,rw mkdir -p /out; echo w >> /mnt/a; ${body}; true`,
    `COPY --from=one ${from === '/out' ? '/opt' : from}/ /from/`,
  ]);
}
