import { expect, test } from 'vitest';
import { parseGitUrl } from '../../../builder/remote/git-url.ts';
import { readRemote } from '../../../builder/remote/read-remote.ts';
import type { GitSource } from '../../../builder/remote/remote-source.ts';
import { isBuildError } from '../../../core/errors.ts';

const ID = '0123456789abcdef0123456789abcdef01234567';
const DEFAULTS: Partial<GitSource> = {
  ref: undefined,
  subdir: '',
  checksum: undefined,
  keepGitDir: false,
  submodules: true,
  mtime: 'checkout',
  fetchByCommit: false,
};

test.each<[string, Partial<GitSource>]>([
  ['https://h/x.git', { remote: 'https://h/x.git' }],
  ['http://u:p@h:1/x.git#r', { remote: 'http://u:p@h:1/x.git', ref: 'r' }],
  ['git://h/x', { remote: 'git://h/x' }],
  ['ssh://git@h:22/x', { remote: 'ssh://git@h:22/x' }],
  ['git@h:a/b#v1:d/e', { remote: 'git@h:a/b', ref: 'v1', subdir: 'd/e' }],
  ['me-1@h.example:x?ref=r', { remote: 'me-1@h.example:x', ref: 'r' }],
  ['https://h/x.git#', {}],
  ['https://h/x.git#:d', { subdir: 'd' }],
  ['https://h/x.git#a%2Fb:../d/./e/', { ref: 'a/b', subdir: 'd/e' }],
  ['https://h/x.git?tag=v1&subdir=d', { ref: 'refs/tags/v1', subdir: 'd' }],
  ['https://h/x.git?branch=refs/heads/b', { ref: 'refs/heads/b' }],
  ['https://h/x.git?ref=a#a', { ref: 'a' }],
  ['https://h/x.git?submodules=0&keep-git-dir', { submodules: false, keepGitDir: true }],
  ['https://h/x.git?mtime=commit', { mtime: 'commit' }],
  [`https://h/x.git?commit=${ID.toUpperCase()}`, { checksum: ID }],
  [`https://h/x.git?fetch-by-commit=true&checksum=${ID}`, { fetchByCommit: true, checksum: ID }],
])('%s is a git address', (text, expected) => {
  const source = parseGitUrl(text, { trusted: false });
  expect(source).toMatchObject({ kind: 'git', trusted: false, ...DEFAULTS, ...expected });
});

test.each([
  'https://h/x',
  'https://h/x.git/',
  'https://h/x.git.tar',
  'ftp://h/x.git',
  'file:///x.git',
  'github.com/a/b',
  './x@h:y.git',
  'x.git',
  'a b@h:c',
  'https://h/\nx.git',
])('%j is none in a Dockerfile', (text) => {
  expect(parseGitUrl(text, { trusted: false })).toBeUndefined();
});

test('the command line may leave the scheme of GitHub out, and name files', () => {
  const trusted = { trusted: true };
  expect(parseGitUrl('github.com/a/b#r', trusted)).toMatchObject({
    remote: 'https://github.com/a/b',
    ref: 'r',
    trusted: true,
  });
  expect(parseGitUrl('file:///x', trusted)?.remote).toBe('file:///x');
});

test.each([
  ['?ref=a#b', 'its ref is both b and a'],
  ['?tag=a&branch=b', 'it has both a tag and a branch'],
  ['?tag=a#a', 'its ref is both a and refs/tags/a'],
  ['?subdir=a#:b', 'its subdir is both b and a'],
  ['?ref=', 'the query ref has no value'],
  ['?ref=a&ref=a', 'the query ref stands in it twice'],
  ['?depth=1', 'there is no query depth'],
  ['?submodules=maybe', 'its submodules is neither true nor false'],
  ['?mtime=now', 'its mtime is neither checkout nor commit'],
  ['?checksum=xyz', 'its checksum is no commit id'],
  ['?checksum=ab&commit=cd', 'its checksum is both ab and cd'],
  ['?fetch-by-commit=1', 'fetch-by-commit needs a whole commit id'],
])('https://u:p@h/x.git%s is refused, without its password', (rest, why) => {
  expect(refusal(`https://u:p@h/x.git${rest}`)).toBe(
    `E_REMOTE_ADDRESS https://***@h/x.git${rest} is no usable git address: ${why}`,
  );
});

test('flags of the instruction and the address must say the same', () => {
  const refused = (address: string, keepGitDir?: boolean, checksum?: string): string =>
    refusal(address, { keepGitDir, checksum });
  expect(refused('https://h/x.git?keep-git-dir=0', true)).toContain('contradicts --keep-git-dir');
  expect(refused('https://h/x.git?checksum=ab', undefined, 'cd')).toContain('both cd and ab');
  expect(refused('https://h/x.git', undefined, `sha256:${'0'.repeat(64)}`)).toContain(
    'its checksum is no commit id',
  );
  expect(refused('https://h/x.tar', undefined, 'abcdef0')).toBe(
    'E_FLAG_VALUE --checksum cannot be "abcdef0"',
  );
});

test.each([
  ['https://h/a/b.txt?x=1#y', 'b.txt'],
  ['https://h/a/b/', 'b'],
  ['https://h', '__unnamed__'],
  ['https://h/a%20b', 'a b'],
  ['https://h/a%2Fb', 'b'],
  ['https://h/%2E%2E%2Fpasswd', 'passwd'],
  ['https://h/a%0Ab', 'download'],
  ['https://h/%ff', '%ff'],
])('what is fetched from %s is called %s', (text, name) => {
  expect(readRemote(text, { trusted: false })).toMatchObject({ kind: 'http', name });
});

function refusal(
  text: string,
  more: { keepGitDir?: boolean | undefined; checksum?: string | undefined } = {},
): string {
  try {
    readRemote(text, { trusted: false, ...more });
    return 'fine';
  } catch (error) {
    return isBuildError(error) ? `${error.code} ${error.message}` : String(error);
  }
}
