// The mount operations of a step: what is bound where, what it may do there, and what it leaves in upper.

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';

const hex = (text: string): string => Buffer.from(text).toString('hex');
const targets = (lower: string): void => {
  mkdirSync(join(lower, 'mnt'));
  writeFileSync(join(lower, 'file'), 'of the image');
};

describe.each(RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  /** A host folder of the rung's user with one file. */
  const hostFolder = (): string => {
    const path = bench.folder();
    writeFileSync(join(path, 'f'), 'of the host');
    bench.own(path);
    return path;
  };

  test('a folder is bound read-only or writable', async (context) => {
    bench.need(context);
    const source = hostFolder();
    const ro = ['bind', source, '/mnt', 'ro'];
    const read = { args: ['/probe', 'cat', '/mnt/f'], words: ro, fill: targets };
    expect(await bench.output(read)).toBe('of the host');
    const args = ['/probe', 'write', '/mnt/new', 'x'];
    const refused = await bench.run({ args, words: ro, fill: targets });
    expect(refused.stdout.toString()).toBe('EROFS\n');
    await bench.output({ args, words: ['bind', source, '/mnt', 'rw'], fill: targets });
    expect(readFileSync(join(source, 'new'), 'utf8')).toBe('x');
  });

  test('a file is bound on a file, and not on a folder', async (context) => {
    bench.need(context);
    const file = join(hostFolder(), 'f');
    const words = ['bind', file, '/file', 'ro'];
    const args = ['/probe', 'cat', '/file'];
    expect(await bench.output({ args, words, fill: targets })).toBe('of the host');
    const wrong = await bench.run({ args, words: ['bind', file, '/mnt', 'ro'], fill: targets });
    expect(wrong.event('error')).toMatchObject({
      code: 'E_MOUNT_TARGET',
      message: expect.stringContaining('cannot mount on /mnt (a folder goes on a folder'),
    });
  });

  test('a subpath is resolved inside of its source, and its links stay there', async (context) => {
    bench.need(context);
    const source = hostFolder();
    mkdirSync(join(source, 'etc'));
    writeFileSync(join(source, 'etc/hostname'), 'of the source');
    symlinkSync('/etc', join(source, 'link'));
    symlinkSync('../../../../../../etc', join(source, 'up'));
    bench.own(source);
    for (const subpath of ['etc', '/link', 'up', '../../etc']) {
      const words = ['bind-in', source, subpath, '/mnt', 'ro'];
      const step = { args: ['/probe', 'cat', '/mnt/hostname'], words, fill: targets };
      expect(await bench.output(step)).toBe('of the source');
    }
    const words = ['bind-in', source, 'none', '/mnt', 'ro'];
    const missing = await bench.run({ args: ['/probe', 'id'], words, fill: targets });
    expect(missing.event('error')).toMatchObject({ code: 'E_MOUNT_TARGET', errno: 'ENOENT' });
  });

  test('layers of another stage are stacked and bound; what is written there is thrown away', async (context) => {
    bench.need(context);
    const [top, bottom] = [bench.folder(), bench.folder()];
    for (const path of [top, bottom]) mkdirSync(join(path, 'out'));
    writeFileSync(join(bottom, 'out/a'), 'bottom a');
    writeFileSync(join(bottom, 'out/b'), 'bottom b');
    writeFileSync(join(top, 'out/b'), 'top b');
    bench.own(top);
    bench.own(bottom);
    const words = ['bind-layers', '/out', '/mnt', 'ro', '2', top, bottom];
    const args = ['/probe', 'all', 'cat', '/mnt/a', ',', 'cat', '/mnt/b'];
    expect(await bench.output({ args, words, fill: targets })).toBe('bottom atop b');
    const write = ['/probe', 'write', '/mnt/b', 'new'];
    const refused = await bench.run({ args: write, words, fill: targets });
    expect(refused.stdout.toString()).toBe('EROFS\n');
    await bench.output({ args: write, words: words.with(3, 'rw'), fill: targets });
    expect(readFileSync(join(top, 'out/b'), 'utf8')).toBe('top b');
    const single = ['bind-layers', '/', '/mnt', 'ro', '1', top];
    expect(
      await bench.output({ args: ['/probe', 'ls', '/mnt'], words: single, fill: targets }),
    ).toBe('out\n');
  });

  test('contents given as words become files with their owner and mode', async (context) => {
    bench.need(context);
    const words = ['data', '/file', 'ro', '0440', '5', '6', hex('secret\0bytes')];
    const args = ['/probe', 'all', 'stat', '/file', ',', 'cat', '/file'];
    const output = await bench.output({ args, words, fill: targets });
    expect(output).toBe('100440 5:6 12 0:0\nsecret\0bytes');
    const write = await bench.run({ args: ['/probe', 'open', '/file', 'w'], words, fill: targets });
    expect(write.stdout.toString()).toBe('EROFS\n');
    expect(readdirSync(write.upper)).toEqual([]);
  });

  test('a tmpfs has its mode and size and leaves nothing', async (context) => {
    bench.need(context);
    const words = ['tmpfs', '/mnt', '65536', '1777'];
    const step = {
      args: ['/probe', 'all', 'stat', '/mnt', ',', 'write', '/mnt/f', 'x'],
      words,
      fill: targets,
    };
    const result = await bench.run(step);
    expect(result.stdout.toString()).toMatch(/^41777 0:0 /);
    expect(result.event('exit')?.code).toBe(0);
    expect(readdirSync(result.upper)).toEqual([]);
  });

  test('later mounts go on earlier ones', async (context) => {
    bench.need(context);
    const source = hostFolder();
    mkdirSync(join(source, 'sub'));
    bench.own(source);
    const words = ['bind', source, '/mnt', 'ro', 'tmpfs', '/mnt/sub', '0', '755'];
    const args = ['/probe', 'write', '/mnt/sub/x', 'y'];
    expect(await bench.output({ args, words, fill: targets })).toBe('');
    expect(readdirSync(join(source, 'sub'))).toEqual([]);
  });

  test('mount points that the tree lacks are there for the step and nowhere else', async (context) => {
    bench.need(context);
    const words = [
      ...[
        'stub-dir',
        'a',
        '0750',
        '3',
        '4',
        'stub-dir',
        'a/b',
        '0755',
        '0',
        '0',
        'stub-file',
        'a/f',
      ],
      ...['tmpfs', '/a/b', '0', '0700', 'data', '/a/f', 'ro', '0644', '0', '0', hex('text')],
    ];
    const args = ['/probe', 'all', 'stat', '/a', ',', 'cat', '/a/f', ',', 'write', '/a/b/x', 'y'];
    const result = await bench.run({ args, words });
    expect(result.stdout.toString()).toMatch(/^40750 3:4 .*\ntext$/);
    expect(result.event('exit')?.code).toBe(0);
    expect(readdirSync(result.upper)).toEqual([]);
    expect(existsSync(join(result.lower, 'a'))).toBe(false);
  });

  test('the root folder has the metadata that it was given', async (context) => {
    bench.need(context);
    const words = ['root-mode', '1711', '3', '4', 'stub-dir', 'mnt', '755', '0', '0'];
    expect(await bench.output({ args: ['/probe', 'stat', '/'], words })).toMatch(/^41711 3:4 /);
  });

  test.for(['../x', '/x', 'a/../b', '.', ''])('a stub "%s" is refused', async (path, context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'id'], words: ['stub-file', path] });
    expect(result.event('error')).toMatchObject({
      code: 'E_RUNNER_WORDS',
      message: `"${path}" is no path for a stub`,
    });
  });

  test('a missing target is an error that names it; a missing masked path is not', async (context) => {
    bench.need(context);
    const source = hostFolder();
    const words = ['bind', source, '/not/there', 'ro'];
    const result = await bench.run({ args: ['/probe', 'id'], words });
    expect(result.event('error')).toMatchObject({
      code: 'E_MOUNT_TARGET',
      errno: 'ENOENT',
      message: 'cannot open the mount target /not/there of the image: No such file or directory',
    });
    const masked = ['mask', '/not/there', 'readonly-path', '/nor/this'];
    expect(await bench.output({ args: ['/probe', 'id'], words: masked })).toBe('0:0 0\n');
  });

  test('a missing source is an error that names it', async (context) => {
    bench.need(context);
    const words = ['bind', '/no/such/source', '/mnt', 'ro'];
    const result = await bench.run({ args: ['/probe', 'id'], words, fill: targets });
    expect(result.event('error')).toMatchObject({
      code: 'E_SANDBOX',
      errno: 'ENOENT',
      message: expect.stringContaining(
        'cannot open /no/such/source, which is to be mounted on /mnt',
      ),
    });
  });

  test('changes land in upper in overlay form, owned as the step made them', async (context) => {
    bench.need(context);
    const fill = (lower: string): void => {
      mkdirSync(join(lower, 'old'));
      writeFileSync(join(lower, 'old/f'), '');
      writeFileSync(join(lower, 'gone'), '');
    };
    const args = ['/probe', 'all', ...'write new text , unlink gone , chown new 1 2'.split(' ')];
    const more = ', unlink old/f , unlink old , mkdir old , chmod new 4755'.split(' ');
    const result = await bench.run({ args: [...args, ...more], fill });
    expect(result.event('exit')?.code).toBe(0);
    expect(readdirSync(result.upper).sort()).toEqual(['gone', 'new', 'old']);
    const gone = lstatSync(join(result.upper, 'gone'));
    expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
    expect(lstatSync(join(result.upper, 'new')).mode & 0o7777).toBe(0o4755);
    const dump = await bench.call('dump', ['dir', result.upper, 'all']);
    expect(dump.event('done')).toMatchObject({ entries: 5 });
  });

  test('120 layers are stacked, the topmost first', async (context) => {
    bench.need(context);
    const base = bench.folder();
    const lowers = Array.from({ length: 120 }, (_, i) => {
      const layer = join(base, `${i}`.padStart(200, '0'));
      mkdirSync(layer);
      writeFileSync(join(layer, `only-${i}`), '');
      writeFileSync(join(layer, 'which'), `${i}`);
      chmodSync(layer, 0o755);
      return layer;
    });
    bench.own(base);
    const args = ['/probe', 'all', 'cat', '/which', ',', 'ls', '/'];
    const output = await bench.output({ args, lowers });
    expect(output.startsWith('0')).toBe(true);
    expect(output.split('\n').filter((name) => name.startsWith('only-'))).toHaveLength(120);
  });

  test('without any layer the root is empty', async (context) => {
    bench.need(context);
    const step = bench.prepare({ args: ['/probe'], bare: true });
    const at = step.words.indexOf('lower');
    const words = step.words.filter((_, i) => i !== at && i !== at + 1);
    const result = await bench.call('run', words);
    if (rung === 'single-id')
      expect(result.event('error')).toMatchObject({ code: 'E_SANDBOX', errno: 'ENOENT' });
    else expect(result.event('exec-failed')).toMatchObject({ code: 127, errno: 'ENOENT' });
  });
});
