// Every output of the real program, read by the field's own tools and by slipway itself: each holds the
// same image.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realRegistry } from '../support/docker-registry.ts';
import { openPeerStore, podmanLoad, podmanRun, run, umociUnpack } from '../support/peers.ts';
import { requiresPrograms } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  contextOf,
  type Finished,
  PROGRAM,
  programEnv,
  slipway,
} from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };
const APP = `${BUSYBOX}ENV GREETING=hello
RUN mkdir -p /etc /srv && echo "root:x:0:0::/:/bin/sh" > /etc/passwd && ln /etc/passwd /srv/hard
WORKDIR /srv
COPY --chmod=640 --chown=7:8 data data
CMD ["sh", "-c", "echo $GREETING $(cat data) $(stat -c %u:%g:%a data)"]
`;
const SAYS = 'hello data-of-app 7:8:640\n';

test('one build to every medium: the same image in each', (context) => {
  requiresPrograms(context, 'skopeo', 'umoci', 'podman', 'tar');
  const folder = busyboxContext(context, { Dockerfile: APP, data: 'data-of-app' });
  const [home, out] = [tmpDir(), tmpDir()];
  const outputs = [
    'type=oci,dest=OUT/oci.tar',
    'type=oci,tar=false,dest=OUT/layout',
    'type=docker,dest=OUT/docker.tar',
    'type=local,dest=OUT/local',
    'type=tar,dest=OUT/files.tar',
    'type=image,name=app:1',
  ].flatMap((spec) => ['-o', spec.replace('OUT', out)]);
  const labels = ['--label', 'org.example.who=me', '--label', 'empty='];
  const results = ['--iidfile', join(out, 'id'), '--metadata-file', join(out, 'meta')];
  const words = ['build', '-q', '-t', 'app:1', ...outputs, ...labels, ...results, folder];
  const digest = succeeded(slipway(home, words)).trim();

  expect(readFileSync(join(out, 'id'), 'utf8')).toBe(digest);
  expect(JSON.parse(readFileSync(join(out, 'meta'), 'utf8'))).toMatchObject({
    'containerimage.digest': digest,
    'image.name': 'docker.io/library/app:1',
  });
  for (const image of [`oci-archive:${out}/oci.tar`, `oci:${out}/layout:1`]) {
    const seen = JSON.parse(run('skopeo', ['inspect', image]));
    expect(seen, image).toMatchObject({ Digest: digest, Architecture: expect.any(String) });
    expect(seen.Labels, image).toEqual({ 'org.example.who': 'me', empty: '' });
  }
  const root = umociUnpack(`oci-archive:${out}/oci.tar`, tmpDir());
  for (const tree of [root, join(out, 'local'), untarred(join(out, 'files.tar'))]) {
    expect(readFileSync(join(tree, 'srv/data'), 'utf8'), tree).toBe('data-of-app');
    expect(statSync(join(tree, 'srv/data')).mode & 0o7777, tree).toBe(0o640);
    expect(readdirSync(join(tree, 'srv')).sort(), tree).toEqual(['data', 'hard']);
  }
  for (const tree of [root, join(out, 'local')])
    expect(statSync(join(tree, 'srv/hard')).nlink, tree).toBe(2);

  const peers = openPeerStore();
  onTestFinished(() => peers.close());
  for (const archive of ['docker.tar', 'oci.tar']) {
    expect(podmanRun(peers, podmanLoad(peers, join(out, archive))), archive).toBe(SAYS);
  }

  const saved = join(out, 'saved.tar');
  succeeded(slipway(home, ['save', '-o', saved, 'app:1']));
  const other = tmpDir();
  expect(succeeded(slipway(other, ['load', '-i', saved]))).toBe('loaded app:1\n');
  expect(podmanRun(peers, podmanLoad(peers, saved))).toBe(SAYS);
  for (const store of [home, other]) {
    const [line = '{}'] = succeeded(slipway(store, ['images', '--format', 'json'])).split('\n');
    expect(line, store).toContain(digest);
  }
});

test('images of the store: names are given, shown, taken away', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nENV A=b\n' });
  const home = tmpDir();
  const names = () => slipway(home, ['images']).stdout.match(/^\S+:\S+(?= )/gm) ?? [];
  const digest = succeeded(slipway(home, ['build', '-q', '-t', 'one', folder])).trim();
  succeeded(slipway(home, ['tag', 'one', 'localhost:5000/two:x']));
  expect(names().sort()).toEqual(['localhost:5000/two:x', 'one:latest']);
  for (const name of ['one', 'localhost:5000/two:x', digest]) {
    expect(succeeded(slipway(home, ['inspect', name])), name).toContain('A=b');
  }
  succeeded(slipway(home, ['rmi', 'one']));
  expect(names()).toEqual(['localhost:5000/two:x']);
  succeeded(slipway(home, ['rmi', 'localhost:5000/two:x']));
  expect(names()).toEqual([]);
});

test('pushed to a real registry, and a base from there by tag and by digest', async (context) => {
  const { host } = await realRegistry(context);
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /one\nENV A=b\n' });
  const name = `${host}/team/app:1`;
  const words = ['build', '-q', '-t', name, '--push', folder];
  const digest = succeeded(slipway(tmpDir(), words)).trim();
  expect(succeeded(slipway(tmpDir(), ['pull', name]))).toBe(`${digest}\n`);
  for (const base of [name, `${host}/team/app@${digest}`]) {
    const next = contextOf({ Dockerfile: `FROM ${base}\nCOPY Dockerfile /two\n` });
    const out = join(next, 'out');
    succeeded(slipway(tmpDir(), ['build', '-q', '-o', out, next]));
    expect(readdirSync(out).sort(), base).toEqual(['one', 'two']);
  }
  const copied = contextOf({ Dockerfile: `FROM scratch\nCOPY --from=${name} /one /three\n` });
  succeeded(slipway(tmpDir(), ['build', '-q', '-o', join(copied, 'out'), copied]));
  expect(readdirSync(join(copied, 'out'))).toEqual(['three']);
});

test('contexts and Dockerfiles on standard input', (context) => {
  requiresPrograms(context, 'tar');
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY a /from-tar\n', a: 'x' });
  const home = tmpDir();
  const built = (input: Buffer | string, ...words: string[]) => {
    const out = join(tmpDir(), 'out');
    succeeded(fed(input, home, ['build', '-q', '-o', out, ...words]));
    return readdirSync(out);
  };
  for (const compress of ['', 'z']) {
    const tar = spawnSync('tar', [`-c${compress}`, '-C', folder, '.'], { maxBuffer: 1 << 26 });
    expect(built(tar.stdout, '-')).toEqual(['from-tar']);
  }
  expect(built('FROM scratch\nCOPY a /from-stdin\n', '-f', '-', folder)).toEqual(['from-stdin']);
  expect(built('FROM scratch\nWORKDIR /only\n', '-')).toEqual(['only']);
});

test('archives on standard input, which is a socket where another program of Node starts this one', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /one\n' });
  const from = tmpDir();
  const archive = join(tmpDir(), 'image.tar');
  const cache = join(tmpDir(), 'cache.tar');
  const output = ['-o', `type=docker,dest=${archive}`];
  succeeded(slipway(from, ['build', '-q', '-t', 'one:1', ...output, folder]));
  expect(slipway(from, ['cache', 'export', cache]).status).toBe(0);
  const home = tmpDir();
  const loaded = fed(readFileSync(archive), home, ['load']);
  expect(succeeded(loaded)).toBe('loaded one:1\n');
  expect(succeeded(fed(readFileSync(archive), tmpDir(), ['load', '-i', '/dev/stdin']))).toContain(
    'one:1',
  );
  expect(succeeded(fed(readFileSync(cache), home, ['cache', 'import', '-']))).toContain('imported');
  expect(fed('', home, ['load'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('E_ARCHIVE_INVALID'),
  });
});

test('other contexts: a folder, an image of the store, a layout', () => {
  const home = tmpDir();
  const base = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /of-base\n' });
  const layout = join(tmpDir(), 'layout');
  succeeded(slipway(home, ['build', '-q', '-t', 'base:1', base]));
  succeeded(slipway(home, ['build', '-q', '-o', `type=oci,tar=false,dest=${layout}`, base]));
  const folder = contextOf({ Dockerfile: 'FROM other\nCOPY --from=side s /\n' });
  const side = contextOf({ s: '', ignored: '', '.dockerignore': 'ignored' });
  for (const other of ['docker-image://base:1', `oci-layout://${layout}`]) {
    const out = join(tmpDir(), 'out');
    const contexts = ['--build-context', `other=${other}`, '--build-context', `side=${side}`];
    succeeded(slipway(home, ['build', '-q', ...contexts, '-o', out, folder]));
    expect(readdirSync(out).sort(), other).toEqual(['of-base', 's']);
  }
});

test('a base with zstd layers is read, on a Node without zstd too', (context) => {
  requiresPrograms(context, 'skopeo');
  const [home, layout] = [tmpDir(), join(tmpDir(), 'layout')];
  const base = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /of-base\n' });
  const archive = join(base, 'base.tar');
  succeeded(slipway(home, ['build', '-q', '-o', `type=oci,dest=${archive}`, base]));
  const plain = join(base, 'plain');
  const zstd = ['--dest-compress', '--dest-compress-format', 'zstd'];
  run('skopeo', ['copy', '-q', '--dest-decompress', `oci-archive:${archive}`, `dir:${plain}`]);
  run('skopeo', ['copy', '-q', ...zstd, `dir:${plain}`, `oci:${layout}`]);
  const folder = contextOf({ Dockerfile: 'FROM base\nCOPY Dockerfile /more\n' });
  const out = join(folder, 'out');
  const words = ['--build-context', `base=oci-layout://${layout}`, '-o', out, folder];
  const done = slipway(home, ['build', '-q', ...words]);
  succeeded(done);
  expect(readdirSync(out).sort()).toEqual(['more', 'of-base']);
});

test('--network=none leaves a step the loopback only', (context) => {
  const dockerfile = `${BUSYBOX}RUN ls /sys/class/net > /nets\n`;
  const folder = busyboxContext(context, { Dockerfile: dockerfile });
  const out = join(folder, 'out');
  succeeded(slipway(tmpDir(), ['build', '-q', '--network=none', '-o', out, folder]));
  expect(readFileSync(join(out, 'nets'), 'utf8')).toBe('lo\n');
});

test('with SOURCE_DATE_EPOCH everything in a folder and a tar has its time, older files too', (context) => {
  requiresPrograms(context, 'tar');
  const folder = contextOf({
    Dockerfile: 'FROM scratch\nWORKDIR /w\nCOPY a /w/\n',
    a: 'x',
  });
  utimesSync(join(folder, 'a'), 5, 5);
  const out = tmpDir();
  const outputs = ['-o', `type=local,dest=${out}/local`, '-o', `type=tar,dest=${out}/files.tar`];
  succeeded(slipway(tmpDir(), ['build', '-q', ...outputs, folder], EPOCH));
  for (const tree of [join(out, 'local'), untarred(join(out, 'files.tar'))]) {
    for (const path of ['w', 'w/a'])
      expect(statSync(join(tree, path)).mtimeMs, join(tree, path)).toBe(1_700_000_000_000);
  }
});

test('with SOURCE_DATE_EPOCH two empty stores build the same image, from copies of other times and owners', (context) => {
  const files = { Dockerfile: APP, data: 'data-of-app' };
  const build = (folder: string, dest: string) => {
    const output = ['-o', `type=oci,dest=${join(folder, dest)}`];
    return succeeded(slipway(tmpDir(), ['build', '-q', '-t', 'a', ...output, folder], EPOCH));
  };
  const [one, two] = [busyboxContext(context, files), busyboxContext(context, files)];
  spawnSync('chown', ['-R', '12:34', two]);
  spawnSync('touch', ['-d', '2024-02-03', join(two, 'data')]);
  expect(build(two, 'two.tar')).toBe(build(one, 'one.tar'));
  const archives = [join(one, 'one.tar'), join(two, 'two.tar')].map((path) => readFileSync(path));
  expect(archives[0]?.equals(archives[1] ?? Buffer.alloc(0))).toBe(true);
});

test('an output of files only makes no image, and leaves what else is in the folder', () => {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /new\n' });
  const [home, out] = [tmpDir(), tmpDir()];
  mkdirSync(join(out, 'kept'));
  writeFileSync(join(out, 'new'), 'replaced');
  succeeded(slipway(home, ['build', '-q', '-o', out, folder]));
  expect(readdirSync(out).sort()).toEqual(['kept', 'new']);
  expect(readFileSync(join(out, 'new'), 'utf8')).toContain('FROM scratch');
  expect(existsSync(join(home, 'oci/index.json'))).toBe(false);
});

function succeeded(done: Finished): string {
  expect(done).toMatchObject({ status: 0, stderr: '' });
  return done.stdout;
}

function fed(input: Buffer | string, home: string, args: readonly string[]): Finished {
  const options = { env: programEnv(home), encoding: 'utf8', input } as const;
  return spawnSync(process.execPath, [PROGRAM, ...args], options);
}

function untarred(archive: string): string {
  const folder = tmpDir();
  run('tar', ['-xpf', archive, '-C', folder]);
  return folder;
}
