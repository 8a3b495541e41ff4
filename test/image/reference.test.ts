import { expect, test } from 'vitest';
import { isBuildError } from '../../core/errors.ts';
import { familiarReference, formatReference, parseReference } from '../../image/reference.ts';

const HEX = 'a'.repeat(64);

test.each([
  ['debian', 'docker.io/library/debian:latest', 'debian:latest'],
  ['debian:bookworm', 'docker.io/library/debian:bookworm', 'debian:bookworm'],
  ['library/debian', 'docker.io/library/debian:latest', 'debian:latest'],
  ['docker.io/debian', 'docker.io/library/debian:latest', 'debian:latest'],
  ['index.docker.io/library/debian', 'docker.io/library/debian:latest', 'debian:latest'],
  ['grafana/loki:3', 'docker.io/grafana/loki:3', 'grafana/loki:3'],
  ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
  ['localhost:5000/a/b:1', 'localhost:5000/a/b:1', 'localhost:5000/a/b:1'],
  ['ghcr.io/a/b-c/d__e.f_g', 'ghcr.io/a/b-c/d__e.f_g:latest', 'ghcr.io/a/b-c/d__e.f_g:latest'],
  ['127.0.0.1:5000/x', '127.0.0.1:5000/x:latest', '127.0.0.1:5000/x:latest'],
  ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
  ['EXAMPLE/x', 'EXAMPLE/x:latest', 'EXAMPLE/x:latest'],
  [`debian@sha256:${HEX}`, `docker.io/library/debian@sha256:${HEX}`, `debian@sha256:${HEX}`],
  [
    `debian:12@sha256:${HEX}`,
    `docker.io/library/debian:12@sha256:${HEX}`,
    `debian:12@sha256:${HEX}`,
  ],
  ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
  [`a:${'t'.repeat(128)}`, `docker.io/library/a:${'t'.repeat(128)}`, `a:${'t'.repeat(128)}`],
  ['a---b', 'docker.io/library/a---b:latest', 'a---b:latest'],
  ['docker.io/library/a.b/c', 'docker.io/library/a.b/c:latest', 'library/a.b/c:latest'],
])('%s is %s', (text, complete, familiar) => {
  const reference = parseReference(text);
  expect(formatReference(reference)).toBe(complete);
  expect(familiarReference(reference)).toBe(familiar);
  expect(parseReference(complete)).toEqual(reference);
  expect(parseReference(familiar)).toEqual(reference);
});

test.each([
  ['', 'it has no name', undefined],
  [':tag', 'it has no name', undefined],
  [`@sha256:${HEX}`, 'it has no name', undefined],
  ['https://ghcr.io/a/b', 'it is a URL', 'leave out https://'],
  [HEX, 'a bare digest is not a name', `write name@sha256:${HEX}`],
  ['Debian:12', 'a repository has no capital letters', 'did you mean debian?'],
  ['ghcr.io/Me/App', 'a repository has no capital letters', 'did you mean me/app?'],
  ['a//b', 'a part of its path is empty', undefined],
  ['a/b/', 'a part of its path is empty', undefined],
  ['ghcr.io/', 'a part of its path is empty', undefined],
  ['-a', '"-a" cannot be part of a repository\'s path', expect.stringContaining('small letters')],
  ['a-', '"a-" cannot be part of a repository\'s path', expect.any(String)],
  ['a..b', '"a..b" cannot be part of a repository\'s path', expect.any(String)],
  ['a___b', '"a___b" cannot be part of a repository\'s path', expect.any(String)],
  ['a b', '"a b" cannot be part of a repository\'s path', expect.any(String)],
  ['../etc/passwd', ".. is not a registry's host", undefined],
  ['a/../b', '".." cannot be part of a repository\'s path', expect.any(String)],
  ['a:', '"" is not a tag', expect.any(String)],
  ['a:-1', '"-1" is not a tag', expect.any(String)],
  ['a:b:c', '"a:b" cannot be part of a repository\'s path', expect.any(String)],
  [`a:${'t'.repeat(129)}`, `"${'t'.repeat(129)}" is not a tag`, expect.any(String)],
  ['example.com:port/a', "example.com:port is not a registry's host", undefined],
  ['-bad.com/a', "-bad.com is not a registry's host", undefined],
  ['a@sha256:ABC', 'its digest is not sha256: and 64 hex digits (0-9, a-f)', undefined],
  [`a@sha512:${HEX}${HEX}`, 'its digest is not a sha256 one', 'only sha256 digests are supported'],
  [`a@b@sha256:${HEX}`, 'its digest is not a sha256 one', expect.any(String)],
  ['é', '"é" cannot be part of a repository\'s path', expect.any(String)],
  ['a'.repeat(240), 'its name has more than 255 characters', undefined],
])('%j is refused: %s', (text, why, hint) => {
  const error = thrown(() => parseReference(text));
  expect(error).toMatchObject({ code: 'E_REFERENCE_INVALID', hint });
  expect(error.message.endsWith(` is not an image name: ${why}`), error.message).toBe(true);
});

test('control characters of a bad name do not reach the message', () => {
  expect(thrown(() => parseReference('a\u001b[2Jb')).message).not.toContain('\u001b');
});

function thrown(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (isBuildError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
