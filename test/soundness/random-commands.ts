// What random steps do: commands that read, list and ask, and commands that write, move and remove. Nothing in them depends on
// time, on inode numbers, on link counts or on the order in which a directory is read, so that two runs on equal files make equal files.

import { anyPath, FOLDERS, NAMES, pick, type Random } from './random-names.ts';

export type Command = (random: Random, out: string) => string;

const path = (random: Random): string => `/${anyPath(random)}`;
const folder = (random: Random): string => `/${pick(random, FOLDERS)}`;
const name = (random: Random): string => pick(random, NAMES);
/** Folders that are not on the way to others. */
const leaf = (random: Random): string =>
  pick(random, ['/app/src', '/app/lib', '/data/d', '/opt/bin']);
/** PATHs, in several orders. */
const search = (random: Random): string =>
  pick(random, ['/app/lib:/opt/bin', '/opt/bin:/app/lib', '.:/data', '/data/d:/app/src', '/opt/l']);

/** What only looks. Its findings go to `out`, so that a wrong reuse shows. */
export const READERS: readonly Command[] = [
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
  (r, out) => `find ${folder(r)} -type f -exec cat {} + | sort > ${out}`,
  (r, out) => `find ${folder(r)} -maxdepth 1 -name '${name(r)}*' | sort > ${out}`,
  (r, out) => `grep -rl o ${folder(r)} ${folder(r)} | sort > ${out}`,
  (r, out) => `tar -c -f - ${folder(r)} | tar -t -f - | sort > ${out}`,
  (r, out) => `diff -r ${folder(r)} ${folder(r)} | grep -v '^[-+]' | sort > ${out}`,
  (r, out) => `ls -R ${folder(r)} > ${out}`,
  (r, out) => `ls -F ${folder(r)} > ${out}`,
  (r, out) => `md5sum ${folder(r)}/* > ${out}`,
  (r, out) => `wc -c ${folder(r)}/[a-c]* > ${out}`,
  (r, out) => `for f in ${folder(r)}/*; do test -f $f && cat $f; done > ${out}`,
  (r, out) => `which -a tool ${name(r)} > ${out}`,
  (r, out) => `PATH=${search(r)}:/bin; command -v tool ${name(r)} > ${out}`,
  (r, out) => `cd ${folder(r)} && PATH=${search(r)}:/bin ${pick(r, ['tool', 'a'])} > ${out}`,
  (r, out) => `LD_LIBRARY_PATH=${folder(r)} dyncat ${path(r)} > ${out}`,
  (r, out) => `LD_PRELOAD=${path(r)} dyncat ${path(r)} > ${out}`,
  (_, out) => `id me > ${out}`,
  (r, out) => `awk '{ print FILENAME, $1 }' ${path(r)} ${path(r)} > ${out}`,
  (r, out) => `env -i /bin/sh ${path(r)} > ${out}`,
  (r, out) => `cd ${folder(r)}/${name(r)} && pwd -P > ${out}; cat a >> ${out}`,
  (r, out) => `ls ${path(r)}/ > ${out}`,
  (r, out) => `cat ${path(r)}/${name(r)} > ${out}`,
  (r, out) => `echo ${folder(r)}/${name(r)}/.. ${folder(r)}/*/* > ${out}`,
  (r, out) =>
    `mkdir /tmp/n; cd /tmp/n; mv /tmp/n /tmp/o; cat ../..${path(r)} > ${out}; rm -r /tmp/o`,
  (r, out) => `mkdir /tmp/g; cd /tmp/g; rmdir /tmp/g; cat ../..${path(r)} ..${path(r)} > ${out}`,
  (r, out) =>
    `ln -s ${leaf(r)} /tmp/a; mv /tmp/a /tmp/b; cat /tmp/b/${name(r)} > ${out}; rm /tmp/b`,
  (r, out) => `while read -r word rest; do echo $word; done < ${path(r)} > ${out}`,
  (r, out) => `sort ${path(r)} | tee /tmp/t | wc -l > ${out}; rm /tmp/t`,
  (r, out) => `echo ${path(r)} ${path(r)} | xargs ls -d > ${out}`,
];

/** What changes files. */
export const WRITERS: readonly Command[] = [
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
  (r) => `tar -C ${leaf(r)} -c -f - . | tar -C ${folder(r)} -x -f -`,
  (r) => `cp -r ${leaf(r)} ${leaf(r)}`,
  (r) => `cp -a ${leaf(r)} /tmp/n && rm -rf ${leaf(r)} && mv /tmp/n ${leaf(r)}; rm -rf /tmp/n`,
  (r) => `mv ${leaf(r)} ${path(r)}`,
  (r) => `mv ${folder(r)}/* ${leaf(r)}/`,
  (r) => `rm -rf ${leaf(r)}; ln -s ${folder(r)} ${leaf(r)}`,
  (r) => `ln -sfn ${folder(r)} /opt/l`,
  (r) => `ln -f ${path(r)} ${path(r)}`,
  (r) => `truncate -s ${pick(r, ['0', '2'])} ${path(r)}`,
  (r) => `find ${folder(r)} -name '${name(r)}' -type f -exec rm {} ';'`,
  (r) => `find ${folder(r)} -type f -exec chmod -x {} +`,
  (r) => `chown me ${path(r)}`,
  (r) => `su me -c 'echo mine > /tmp/by; cat ${path(r)} >> /tmp/by'`,
];
