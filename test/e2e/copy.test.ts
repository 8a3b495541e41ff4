// COPY from the outside: files of every kind, and the layer that is kept on another base. On scratch, so that
// nothing but the program is needed.

import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  linkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLayerTar } from '../../image/tar/reader.ts';
import { contextOf, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

function build(home: string, folder: string, ...args: string[]): Finished {
  const finished = slipway(home, ['build', '--progress=json', ...args, folder]);
  expect(finished.status, finished.stderr).toBe(0);
  return finished;
}

/** What the image holds: path, type, mode, link. Names as core/names.ts writes them. */
async function filesOf(folder: string, ...args: string[]): Promise<string[]> {
  const tar = join(tmpDir(), 'files.tar');
  build(tmpDir(), folder, '-o', `type=tar,dest=${tar}`, ...args);
  const files: string[] = [];
  for await (const { entry } of readLayerTar(createReadStream(tar), { whiteouts: false })) {
    const { path, type, mode, link } = entry;
    if (path !== '')
      files.push(`${path} ${type} ${mode.toString(8)}${link === undefined ? '' : ` ${link}`}`);
  }
  return files.sort();
}

function bytes(...parts: (string | number)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  );
}

test('names keep their bytes: those that are not UTF-8, line ends, wildcards, 255 bytes', async () => {
  const folder = contextOf({
    Dockerfile: 'FROM scratch\nCOPY d /d\n',
    'd/[a]*': '',
    'd/back\\slash': '',
  });
  const long = 'l'.repeat(255);
  writeFileSync(bytes(`${folder}/d/caf`, 0xe9), 'latin');
  writeFileSync(bytes(`${folder}/d/line\nend`), '');
  writeFileSync(join(folder, 'd', long), '');
  symlinkSync(bytes('to-', 0xff), join(folder, 'd/link'));
  expect(await filesOf(folder)).toEqual([
    'd dir 755',
    'd/[a]* file 644',
    'd/back\\slash file 644',
    'd/caf\udce9 file 644',
    'd/line\nend file 644',
    'd/link symlink 777 to-\udcff',
    `d/${long} file 644`,
  ]);
});

test('a wildcard and a folder behind it take names that are not UTF-8 too', async () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY d/* /d/\n', 'd/a': '' });
  writeFileSync(bytes(`${folder}/d/b`, 0x80), '');
  expect(await filesOf(folder)).toEqual(['d dir 755', 'd/a file 644', 'd/b\udc80 file 644']);
});

test('FIFOs are copied, sockets are left out with a word, set-id bits and hard links are kept', async () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY d /d\nCOPY d /e\n', 'd/a': 'a' });
  expect(
    spawnSync('sh', ['-c', 'mkfifo p && chmod 600 p && chmod 6755 a'], { cwd: join(folder, 'd') })
      .status,
  ).toBe(0);
  linkSync(join(folder, 'd/a'), join(folder, 'd/b'));
  const server = createServer().listen(join(folder, 'd/s'));
  try {
    const files = await filesOf(folder);
    expect(files.filter((file) => file.startsWith('d'))).toEqual([
      'd dir 755',
      'd/a file 6755',
      'd/b hardlink 6755 d/a',
      'd/p fifo 600',
    ]);
    const said = build(tmpDir(), folder).stdout.match(/"event":"warning"[^\n]*/g);
    expect(said).toHaveLength(1);
    expect(said?.[0]).toContain('d/s is a socket and is left out');
  } finally {
    server.close();
  }
});

test('a name that a layer cannot hold is refused at the step that copied it', () => {
  const Dockerfile = 'FROM scratch AS a\nCOPY d /d\nFROM scratch\nCOPY --from=a /d/f /\n';
  const folder = contextOf({ Dockerfile, 'd/.wh.x': '', 'd/f': '' });
  // No harm in a stage that no image is made of.
  build(tmpDir(), folder);
  const { status, stderr } = slipway(tmpDir(), ['build', '--target', 'a', folder]);
  expect(status).toBe(1);
  expect(stderr).toContain('error[E_UNSUPPORTED]: "d/.wh.x" cannot be kept in a layer');
  expect(stderr).toContain('Dockerfile:2:1');
});

test('a sparse file comes out whole', async () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY f /f\n', f: '' });
  truncateSync(join(folder, 'f'), 3_000_000);
  const out = tmpDir();
  build(tmpDir(), folder, '-o', out);
  expect(spawnSync('cmp', [join(folder, 'f'), join(out, 'f')]).status).toBe(0);
});

test('a path that is longer than Linux takes is an error that names it', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
  const name = 'n'.repeat(200);
  const script = `for i in $(seq 22); do mkdir ${name} && cd -P ${name} || exit 1; done`;
  expect(spawnSync('bash', ['-c', script], { cwd: folder }).status).toBe(0);
  const { status, stderr } = slipway(tmpDir(), ['build', folder]);
  // Node's own removal of the folder would fail as the build must.
  spawnSync('rm', ['-rf', join(folder, name)]);
  expect(status).toBe(1);
  expect(stderr).toContain('error[E_COPY_SOURCE]: ');
  expect(stderr).toContain('its path, or a name in it, is longer than Linux takes');
  expect(stderr).toContain('Dockerfile:2:1');
});

const STAGES = `FROM scratch
COPY base /
COPY app /srv/app
COPY app/a /srv/b
WORKDIR /srv/app/run
`;

function reasons(finished: Finished): string[] {
  return steps(finished).map(({ step, reason }) => `${step.replace(/^.*?\] /, '')}: ${reason}`);
}

const SAME = 'nothing that it depends on has changed';
const rebased = (what: string): string => `the base changed, but nothing that this ${what} touches`;

test('a COPY or WORKDIR keeps its layer on another base, and says so', () => {
  const folder = contextOf({ Dockerfile: STAGES, 'base/etc/os': '1', 'app/a': 'a' });
  const home = tmpDir();
  const image = (name: string) => join(home, name);
  build(home, folder, '-o', `type=oci,tar=false,dest=${image('one')}`);
  writeFileSync(join(folder, 'base/etc/os'), '2');
  // Another checkout: the times are others, the content is not.
  utimesSync(join(folder, 'app/a'), 5, 5);
  const second = build(home, folder, '-o', `type=oci,tar=false,dest=${image('two')}`);
  expect(reasons(second).slice(1)).toEqual([
    'COPY base /: sources changed: base (/etc/os changed)',
    `COPY app /srv/app: ${rebased('COPY')}`,
    `COPY app/a /srv/b: ${rebased('COPY')}`,
    `WORKDIR /srv/app/run: ${rebased('WORKDIR')}`,
  ]);
  expect(reasons(build(home, folder))).toEqual([
    'FROM scratch: scratch is always empty',
    ...['COPY base /', 'COPY app /srv/app', 'COPY app/a /srv/b', 'WORKDIR /srv/app/run'].map(
      (step) => `${step}: ${SAME}`,
    ),
  ]);
  const out = tmpDir();
  build(home, folder, '-o', out);
  const listed = spawnSync('sh', ['-c', 'cat etc/os srv/app/a srv/b; ls srv/app'], {
    cwd: out,
    encoding: 'utf8',
  });
  expect(listed.stdout).toBe('2aaa\nrun\n');
});

test('a base that changes what a COPY touches makes it run again', () => {
  const folder = contextOf({ Dockerfile: STAGES, 'base/etc/os': '1', 'app/a': 'a' });
  const home = tmpDir();
  build(home, folder);
  // /srv is a link now: the files go elsewhere.
  symlinkSync('etc', join(folder, 'base/srv'));
  const again = build(home, folder);
  expect(reasons(again).slice(2, 4)).toEqual([
    'COPY app /srv/app: files before it changed: /srv added',
    'COPY app/a /srv/b: files before it changed: /etc/app added, /etc/app/a added, /srv changed',
  ]);
});
