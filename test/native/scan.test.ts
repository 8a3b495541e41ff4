// The verb `scan`: what it says of folders and files, and what it refuses.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { callRunner } from '../support/runner.ts';
import { tmpDir } from '../support/tmp.ts';

const ROW = 56;

interface Row {
  readonly numbers: readonly bigint[];
  readonly name: string;
  readonly link: string;
}

interface Asked {
  readonly kind?: string;
  readonly number?: number;
  readonly count?: number;
  readonly rows?: Buffer;
  readonly texts?: Buffer;
}

function request(path: string | Buffer, asked: Asked = {}): Buffer {
  const { kind = 'l', number = 0, rows = Buffer.alloc(0), texts = Buffer.alloc(0) } = asked;
  const pathBytes = Buffer.from(path);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(number, 0);
  head.write(kind, 4);
  head.writeUInt16LE(pathBytes.length, 6);
  head.writeUInt32LE(asked.count ?? rows.length / ROW, 8);
  head.writeUInt32LE(texts.length, 12);
  return Buffer.concat([head, pathBytes, rows, texts]);
}

/** What a listing says of `names` in the folder, as a client sends it back. */
function filesOf(folder: string, ...names: readonly string[]): Asked {
  const rows = names.map((name) => {
    const s = lstatSync(join(folder, name), { bigint: true });
    const row = [s.mode, s.dev, s.ino, s.size, s.mtimeNs, s.ctimeNs, s.nlink];
    return Buffer.from(BigInt64Array.from(row).buffer);
  });
  const texts = Buffer.from(names.map((name) => `${name}\0\0`).join(''));
  return { kind: 'd', rows: Buffer.concat(rows), texts };
}

async function scan(...requests: readonly Buffer[]) {
  const result = await callRunner({ verb: 'scan', words: [], stdin: Buffer.concat(requests) });
  const answers = new Map<number, { readonly errno: number; readonly body: Buffer }>();
  for (let at = 0; at < result.stdout.length; ) {
    const end = at + 16 + Number(result.stdout.readBigUInt64LE(at + 8));
    const body = result.stdout.subarray(at + 16, end);
    answers.set(result.stdout.readUInt32LE(at), {
      errno: result.stdout.readUInt32LE(at + 4),
      body,
    });
    at = end;
  }
  return { ...result, answers };
}

/** The one answer, which must be without an error. */
async function bodyOf(asked: Buffer): Promise<Buffer> {
  const { status, answers } = await scan(asked);
  expect([status, answers.get(0)?.errno]).toEqual([0, 0]);
  return answers.get(0)?.body ?? Buffer.alloc(0);
}

/** The errno of the one answer, and the number of the file. */
async function failureOf(asked: Buffer): Promise<(number | undefined)[]> {
  const { answers } = await scan(asked);
  const { errno, body } = answers.get(0) ?? {};
  return [errno, body?.length === 4 ? body.readUInt32LE(0) : undefined];
}

/** Files, folders, others, and what could not be looked at. */
function groupsOf(body: Buffer): readonly (readonly Row[])[] {
  let at = 0;
  return Array.from({ length: 4 }, () => {
    const count = body.readUInt32LE(at);
    const texts = at + 12 + count * ROW;
    const end = texts + Number(body.readBigUInt64LE(at + 4));
    const words = body.toString('latin1', texts, end).split('\0');
    const rows = Array.from({ length: count }, (_, i) => ({
      numbers: Array.from({ length: 7 }, (__, n) => body.readBigInt64LE(at + 12 + i * ROW + 8 * n)),
      name: words[2 * i] ?? '',
      link: words[2 * i + 1] ?? '',
    }));
    at = end;
    return rows;
  });
}

test('a folder is listed in groups, by the bytes of the names, with what lstat says', async () => {
  const folder = tmpDir();
  const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]);
  for (const name of ['b', 'a', 'é', 'line\nend']) writeFileSync(join(folder, name), name);
  writeFileSync(odd, '');
  utimesSync(join(folder, 'a'), new Date(-3000), new Date(-3000));
  symlinkSync('/etc/passwd', join(folder, 'link'));
  mkdirSync(join(folder, 'sub'));
  const server = createServer().listen(join(folder, 'socket'));
  const [files, folders, others, failed] = groupsOf(await bodyOf(request(folder)));
  server.close();
  const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
  expect(files?.map(({ name, link }) => [name, link])).toEqual([
    ['a', ''],
    ['b', ''],
    ['line\nend', ''],
    ['link', '/etc/passwd'],
    [latin1('é'), ''],
    ['\xff', ''],
  ]);
  const { mode, dev, ino, size, mtimeNs, ctimeNs, nlink } = lstatSync(join(folder, 'a'), {
    bigint: true,
  });
  expect(files?.[0]?.numbers).toEqual([mode, dev, ino, size, mtimeNs, ctimeNs, nlink]);
  expect(mtimeNs).toBe(-3_000_000_000n);
  expect(folders?.map(({ name }) => name)).toEqual(['sub']);
  expect(others?.map(({ name }) => name)).toEqual(['socket']);
  expect(failed).toEqual([]);
});

test('what cannot be looked at is told with its errno', async (context) => {
  requires(context, process.getuid?.() === 0, 'root, to be somebody else');
  const folder = tmpDir();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'd'));
  writeFileSync(join(folder, 'd/f'), '');
  // Whoever may read a folder and not search it sees names and nothing else.
  chmodSync(join(folder, 'd'), 0o744);
  const { stdout } = await callRunner({
    verb: 'scan',
    words: [],
    stdin: request(join(folder, 'd')),
    uid: 65_534,
  });
  const failed = groupsOf(stdout.subarray(16))[3];
  expect(failed?.map(({ name, numbers }) => [name, numbers[0]])).toEqual([
    ['f', BigInt(constants.errno.EACCES)],
  ]);
});

test('no link is followed to a folder, and none on the way to it', async () => {
  const folder = tmpDir();
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  symlinkSync('a', join(folder, 'link'));
  writeFileSync(join(folder, 'a/b/f'), '');
  const { ELOOP, ENOENT, ENOTDIR } = constants.errno;
  const { answers } = await scan(
    request(join(folder, 'link'), { number: 1 }),
    request(join(folder, 'link/b'), { number: 2 }),
    request(`${folder}/link/b`, { ...filesOf(join(folder, 'a/b'), 'f'), number: 3 }),
    request(join(folder, 'none'), { number: 4 }),
    request(join(folder, 'a/b/f'), { number: 5 }),
    request('relative', { number: 6 }),
  );
  const errnos = [1, 2, 3, 4, 5, 6].map((number) => answers.get(number)?.errno);
  expect([ELOOP, ENOTDIR]).toContain(errnos[0]);
  expect(errnos.slice(1)).toEqual([ELOOP, ELOOP, ENOENT, ENOTDIR, constants.errno.EINVAL]);
});

test('files are digested, whatever their size; what is no regular file is not read', async () => {
  const folder = tmpDir();
  const contents = ['', 'a', 'x'.repeat(131_072), 'y'.repeat(1_000_001)];
  for (const [name, content] of contents.entries())
    writeFileSync(join(folder, String(name)), content);
  symlinkSync('0', join(folder, '9'));
  const body = await bodyOf(request(folder, filesOf(folder, '0', '1', '2', '3', '9')));
  const expected = contents.map((content) => createHash('sha256').update(content).digest('hex'));
  expect(body.toString('hex')).toBe(`${expected.join('')}${'0'.repeat(64)}`);
});

test.for([
  ['another size', (path: string) => truncateSync(path, 3), 'ESTALE'],
  ['a longer one', (path: string) => writeFileSync(path, 'longer than before'), 'ESTALE'],
  ['another time', (path: string) => utimesSync(path, 1, 1), 'ESTALE'],
  [
    'another file',
    (path: string) => {
      writeFileSync(`${path}~`, 'before');
      renameSync(`${path}~`, path);
    },
    'ESTALE',
  ],
  [
    'a link',
    (path: string) => {
      renameSync(path, `${path}~`);
      symlinkSync(`${path}~`, path);
    },
    'ELOOP',
  ],
  ['nothing', (path: string) => renameSync(path, `${path}~`), 'ENOENT'],
] as const)('a file that is %s by now is not digested, and named', async ([, change, errno]) => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'a'), 'as it was');
  writeFileSync(join(folder, 'b'), 'before');
  const asked = request(folder, filesOf(folder, 'a', 'b'));
  change(join(folder, 'b'));
  expect(await failureOf(asked)).toEqual([constants.errno[errno], 1]);
});

test('a name is one in the folder', async () => {
  const folder = tmpDir();
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'outside'), '');
  const { rows = Buffer.alloc(0) } = filesOf(folder, 'outside');
  for (const name of ['../outside', '/etc/passwd']) {
    const asked = { kind: 'd', rows, texts: Buffer.from(`${name}\0\0`) };
    expect(await failureOf(request(join(folder, 'a'), asked))).toEqual([constants.errno.EINVAL, 0]);
  }
});

test('many requests are answered, each once', async () => {
  const folder = tmpDir();
  const paths = Array.from({ length: 300 }, (_, i) => join(folder, String(i)));
  for (const path of paths) {
    mkdirSync(path);
    writeFileSync(join(path, 'f'), path);
  }
  const { answers, event } = await scan(
    ...paths.map((path, number) => request(path, { ...filesOf(path, 'f'), number })),
  );
  expect(answers.size).toBe(300);
  for (const [number, path] of paths.entries())
    expect(answers.get(number)?.body.toString('hex')).toBe(
      createHash('sha256').update(path).digest('hex'),
    );
  expect(event('done')).toBeDefined();
});

test.for([
  ['of no known kind', request('/', { kind: 'x' })],
  ['without a path', request('')],
  ['for the digests of no file', request('/', { kind: 'd' })],
  ['for a listing, with files', request('/', { rows: Buffer.alloc(ROW), texts: Buffer.alloc(2) })],
  ['of too many files', request('/', { kind: 'd', count: 65_537 })],
  [
    'with too few names',
    request('/', { kind: 'd', rows: Buffer.alloc(ROW), texts: Buffer.from('a\0') }),
  ],
  [
    'with a name without an end',
    request('/', { kind: 'd', rows: Buffer.alloc(ROW), texts: Buffer.from('\0\0a') }),
  ],
  ['that is cut short', request('/tmp').subarray(0, 18)],
  ['that is cut short in its head', request('/tmp').subarray(0, 10)],
] as const)('a request %s is refused', async ([, bytes]) => {
  const { status, events } = await scan(bytes);
  expect([status, events.at(-1)?.code]).toEqual([1, 'E_STREAM']);
});

test('it takes no words', async () => {
  const result = await callRunner({ verb: 'scan', words: ['dir', '/'] });
  expect([result.status, result.event('error')?.code]).toEqual([1, 'E_RUNNER_WORDS']);
});
