import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { tmpDir } from '../support/tmp.ts';
import { fakeHost } from './host.ts';

const IGNORED = '# no rule\nnode_modules\n*.log\n!keep.log\nhid\n!hid/in\n';

function context(): string {
  const root = tmpDir();
  const files: Readonly<Record<string, string>> = {
    Dockerfile: 'FROM scratch\nCOPY s* /x\nCOPY --from=y src /x\nADD . /\nCOPY src/b/c? /\n',
    '.dockerignore': IGNORED,
    'src/a': 'a'.repeat(1000),
    'src/b/c': 'c'.repeat(500),
    'node_modules/x': 'x',
    'a.log': '',
    'keep.log': 'k'.repeat(100),
    'hid/in': '',
    'hid/out': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  symlinkSync('/etc/passwd', join(root, 'link'));
  return root;
}

async function run(...words: string[]): Promise<string> {
  const host = fakeHost({ cwd: context() });
  expect(await dispatch(['context', 'ls', ...words], host)).toBe(0);
  return host.out();
}

test('shows counts, the largest paths with what is in them, and what each rule keeps out', async () => {
  expect(await run()).toBe(
    [
      '7 files in 3 folders, 1.72kB',
      '',
      'SIZE     FILES   LARGEST',
      '1.50kB   2       src/',
      '1.00kB           src/a',
      '500B     1       src/b/',
      '500B             src/b/c',
      '100B             keep.log        let in by .dockerignore:4',
      '69B              Dockerfile',
      '51B              .dockerignore',
      '0B       1       hid/',
      '0B               hid/in          let in by .dockerignore:6',
      '0B               link',
      '',
      'KEPT OUT   BY                RULE           FOR EXAMPLE',
      '1          .dockerignore:2   node_modules   node_modules',
      '1          .dockerignore:3   *.log          a.log',
      '1          .dockerignore:5   hid            hid/out',
      '',
    ].join('\n'),
  );
});

test('--format json says the same', async () => {
  const listed = JSON.parse(await run('--format', 'json', '.'));
  expect(listed).toMatchObject({ files: 7, folders: 3, bytes: 1720 });
  expect(listed.largest[0]).toEqual({ path: 'src', isDirectory: true, bytes: 1500, files: 2 });
  expect(listed.keptOut[1]).toEqual({
    rule: { file: '.dockerignore', line: 3, text: '*.log' },
    count: 1,
    example: 'a.log',
  });
});

test.each([
  [
    'src/a',
    'src/a is in the context: no rule applies to it\n' +
      '  taken by Dockerfile:2: COPY s* /x\n' +
      '  taken by Dockerfile:4: ADD . /\n',
  ],
  [
    './keep.log',
    'keep.log is in the context: .dockerignore:4 decides\n' +
      '  .dockerignore:3   keeps it out   *.log\n' +
      '  .dockerignore:4   lets it in     !keep.log\n' +
      '  taken by Dockerfile:4: ADD . /\n',
  ],
  [
    'node_modules/y/z',
    'node_modules/y/z is kept out of the context: .dockerignore:2 decides\n' +
      '  .dockerignore:2   keeps it out   node_modules\n' +
      '  but the folder has no such path\n',
  ],
])('--why %s names the rules in order and the one that decides', async (path, expected) => {
  expect(await run('--why', path)).toBe(expected);
});

test('--why of a folder that is kept out says what of it is let in', async () => {
  const cwd = context();
  writeFileSync(join(cwd, '.dockerignore'), 'src\n!src/c\nempty\n!empty/x\n');
  mkdirSync(join(cwd, 'empty'));
  const why = async (path: string) => {
    const host = fakeHost({ cwd });
    await dispatch(['context', 'ls', '--why', path, '.'], host);
    return host.out();
  };
  writeFileSync(join(cwd, 'src/c'), '');
  expect(await why('src')).toBe(
    'src is kept out of the context: .dockerignore:1 decides\n' +
      '  .dockerignore:1   keeps it out   src\n' +
      '  but src/c in it is let in\n',
  );
  expect(await why('empty')).not.toContain('in it');
});

test('-f names the Dockerfile whose own ignore file counts instead', async () => {
  const cwd = context();
  writeFileSync(join(cwd, 'other'), 'FROM scratch\n');
  writeFileSync(join(cwd, 'other.dockerignore'), 'src\n');
  const host = fakeHost({ cwd });
  await dispatch(['context', 'ls', '-f', 'other', '--why', 'src/a', '.'], host);
  expect(host.out()).toContain('src/a is kept out of the context: other.dockerignore:1 decides\n');
});

test('a name cannot drive the terminal', async () => {
  const cwd = context();
  writeFileSync(join(cwd, 'evil\u001b[2J'), '');
  const host = fakeHost({ cwd });
  await dispatch(['context', 'ls'], host);
  expect(host.out()).not.toContain('\u001b');
});
