// The files of a random context, and random edits of them.

import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFile } from './project.ts';
import { anyPath, FOLDERS, NAMES, pick, type Random } from './random-names.ts';

/** The folders of the context whose files may change: what is copied to `/`, and to `/app`. */
const PARTS = ['base', 'app'];

const ROOT = 'root:x:0:0::/root:/bin/sh\n';

/** Fills `context` with some files. */
export function makeFiles(random: Random, context: string): void {
  for (const folder of FOLDERS) {
    const root = folder.startsWith('app') ? context : join(context, 'base');
    mkdirSync(join(root, folder), { recursive: true });
  }
  mkdirSync(join(context, 'base/app'), { recursive: true });
  for (let count = 14; count > 0; count--) edit(random, context);
  pack(context);
}

/** Makes the archive of the context anew. */
function pack(context: string): string {
  spawnSync('tar', ['-C', context, '-cf', join(context, 'app.tar'), 'app']);
  return 'pack app/';
}

/** Makes one change, and says what. */
export function edit(random: Random, context: string): string {
  for (;;) {
    const done = tryEdit(random, context);
    if (done !== undefined) return done;
  }
}

function tryEdit(random: Random, context: string): string | undefined {
  const path = place(random);
  const full = join(context, path);
  const kind = random.int(18);
  if (!isFolder(dirname(full))) return undefined;
  if (isFolder(full) && ![0, 1, 8, 9, 10, 11].includes(kind)) return undefined;
  switch (kind) {
    case 0:
      if (lstatSync(full, { throwIfNoEntry: false }) === undefined) return undefined;
      rmSync(full, { recursive: true, force: true });
      return `remove ${path}`;
    case 1:
      rmSync(full, { recursive: true, force: true });
      mkdirSync(full);
      writeFile(join(full, pick(random, NAMES)), text(random));
      return `folder ${path}`;
    case 2:
    case 3: {
      rmSync(full, { recursive: true, force: true });
      const target = pick(random, [
        `/${anyPath(random)}`,
        `../${pick(random, NAMES)}`,
        pick(random, NAMES),
        '/data/d',
        'l/a',
      ]);
      symlinkSync(target, full);
      return `link ${path} -> ${target}`;
    }
    case 4:
    case 5: {
      const isThere = lstatSync(full, { throwIfNoEntry: false })?.isFile();
      if (!isThere) return undefined;
      const mode = pick(random, [0o600, 0o644, 0o755, 0o700]);
      chmodSync(full, mode);
      return `mode ${mode.toString(8)} of ${path}`;
    }
    case 6:
    case 7:
      writeFile(
        full,
        `#!${pick(random, ['/bin/sh', '/opt/bin/tool', '/bin/busybox sh', '/app/l'])}\necho ${text(random)}`,
        0o755,
      );
      return `script ${path}`;
    case 8:
      return move(context, path, place(random));
    case 9: {
      const id = pick(random, [7, 8, 9]);
      writeFile(join(context, 'base/etc/passwd'), `${ROOT}me:x:${id}:7::/app:/bin/sh\n`);
      return `me is ${id}`;
    }
    case 10:
      writeFile(
        join(context, 'base/etc/group'),
        `root:x:0:\nme:x:${pick(random, [7, 8])}:\nrest:x:9:me\n`,
      );
      return 'groups';
    case 11: {
      const folder = pick(random, [full, dirname(full)]);
      if (!isFolder(folder)) return undefined;
      const mode = pick(random, [0o755, 0o711, 0o700, 0o2755, 0o1777]);
      chmodSync(folder, mode);
      return `mode ${mode.toString(8)} of the folder ${folder.slice(context.length)}`;
    }
    case 13:
      return pack(context);
    case 12:
      writeFile(full, text(random).repeat(pick(random, [1000, 20_000])));
      return `large ${path}`;
    default:
      writeFile(full, text(random), pick(random, [0o644, 0o644, 0o755]));
      return `write ${path}`;
  }
}

function place(random: Random): string {
  const folder = pick(random, FOLDERS);
  const part = folder.startsWith('app') ? pick(random, PARTS) : 'base';
  const below = part === 'app' ? folder : `base/${folder}`;
  return `${below}/${pick(random, NAMES)}`;
}

/** Gives what is there another name, over what has it. */
function move(context: string, from: string, to: string): string | undefined {
  const [old, name] = [join(context, from), join(context, to)];
  const isThere = lstatSync(old, { throwIfNoEntry: false }) !== undefined;
  if (!isThere || isFolder(name) || !isFolder(dirname(name))) return undefined;
  if (`${name}/`.startsWith(`${old}/`)) return undefined;
  rmSync(name, { force: true });
  renameSync(old, name);
  return `move ${from} to ${to}`;
}

function text(random: Random): string {
  return `${pick(random, ['one', 'two', 'x', 'foo'])} ${random.int(1000)}\n`;
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
