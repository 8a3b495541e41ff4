import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultNetwork, resolvConf } from '../../../builder/exec/network.ts';
import { tmpDir } from '../../support/tmp.ts';

const PASTA = { kind: 'pasta', program: '/usr/bin/pasta' } as const;

function files(...texts: string[]): string[] {
  const folder = tmpDir();
  return texts.map((text, i) => {
    const path = join(folder, `${i}`);
    writeFileSync(path, text);
    return path;
  });
}

test("in the machine's network a step has the machine's resolv.conf", () => {
  const text = 'nameserver 127.0.0.53\noptions edns0\n';
  expect(resolvConf(undefined, files(text))).toBe(text);
});

test('in a network of its own it has the resolvers that it can reach', () => {
  const usual = files('nameserver 127.0.0.1\nnameserver ::1\nnameserver 192.0.2.1\nsearch x\n');
  expect(resolvConf(PASTA, usual)).toBe('nameserver 192.0.2.1\nsearch x\n');
});

test('where the only resolver is systemd-resolved, it has those behind that one', () => {
  const both = files('nameserver 127.0.0.53\n', 'nameserver 192.0.2.9\n');
  expect(resolvConf(PASTA, both)).toBe('nameserver 192.0.2.9\n');
});

test('without any file it has an empty one', () => {
  expect(resolvConf(PASTA, ['/nowhere'])).toBe('');
});

test("root's steps have the machine's network, and why is said", () => {
  expect(defaultNetwork({ rung: 'root' })).toEqual({
    helper: undefined,
    why: "as root, steps have the machine's network",
  });
});
