import { describe, expect, test } from 'vitest';
import {
  type Credentials,
  dockerCredentials,
  type RunHelper,
} from '../../image/registry/credentials.ts';

const ME: Credentials = { kind: 'password', username: 'me', password: 'pass:word' };

describe('Docker’s config.json', () => {
  const auth = (text: string) => Buffer.from(text).toString('base64');
  const noHelper: RunHelper = async () => {
    throw new Error('no helper may run');
  };
  const find = (config: object, registry: string, run = noHelper) =>
    dockerCredentials(JSON.stringify(config), '/home/me/config.json', run)(registry);

  test.each([
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['https://ghcr.io/v2/', 'ghcr.io'],
    ['localhost:5000', 'localhost:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['docker.io', 'docker.io'],
  ])('the key %s is for %s', async (key, registry) => {
    expect(await find({ auths: { [key]: { auth: auth('me:pass:word') } } }, registry)).toEqual(ME);
  });

  test('a key of another host or port is not taken', async () => {
    const config = {
      auths: { 'ghcr.io.evil.com': { auth: auth('a:b') }, 'localhost:5001': { auth: auth('a:b') } },
    };
    expect(await find(config, 'ghcr.io')).toBeUndefined();
    expect(await find(config, 'localhost:5000')).toBeUndefined();
    expect(await find({}, 'ghcr.io')).toBeUndefined();
  });

  test('an identity token counts before the password, and plain fields are read too', async () => {
    expect(
      await find({ auths: { a: { auth: auth('<token>:'), identitytoken: 't' } } }, 'a'),
    ).toEqual({ kind: 'token', token: 't' });
    expect(await find({ auths: { a: { username: 'me', password: 'pass:word' } } }, 'a')).toEqual(
      ME,
    );
    expect(await find({ auths: { a: {} } }, 'a')).toBeUndefined();
  });

  test('the registry’s own helper is asked before the common one, the file last', async () => {
    const calls: string[] = [];
    const run: RunHelper = async (program, input) => {
      calls.push(`${program} ${input}`);
      if (program.endsWith('empty'))
        return { status: 1, stdout: 'credentials not found in native keychain\n' };
      return { status: 0, stdout: JSON.stringify({ Username: 'me', Secret: 'pass:word' }) };
    };
    const config = {
      credHelpers: { 'gcr.io': 'gcloud' },
      credsStore: 'empty',
      auths: { 'a.io': { auth: auth('x:y') } },
    };
    expect(await find(config, 'gcr.io', run)).toEqual(ME);
    expect(await find(config, 'a.io', run)).toEqual({
      kind: 'password',
      username: 'x',
      password: 'y',
    });
    expect(await find({ credsStore: 'desktop' }, 'docker.io', run)).toEqual(ME);
    expect(calls).toEqual([
      'docker-credential-gcloud gcr.io',
      'docker-credential-empty a.io',
      'docker-credential-desktop https://index.docker.io/v1/',
    ]);
  });

  test('a helper that says <token> gives a refresh token; one that fails is an error', async () => {
    const token: RunHelper = async () => ({
      status: 0,
      stdout: '{"Username":"<token>","Secret":"t"}',
    });
    expect(await find({ credsStore: 's' }, 'a', token)).toEqual({ kind: 'token', token: 't' });
    const failing: RunHelper = async () => ({ status: 2, stdout: 'keychain is \u001b[1mlocked' });
    await expect(find({ credsStore: 's' }, 'a', failing)).rejects.toMatchObject({
      code: 'E_REGISTRY_AUTH',
      message: 'docker-credential-s failed: keychain is  [1mlocked',
    });
  });

  test.each([
    [
      { credsStore: '../../tmp/evil' },
      '/home/me/config.json: credsStore is not the name of a helper',
    ],
    [
      { auths: { a: { auth: auth('nocolon') } } },
      '/home/me/config.json: auths: a: auth is not user:password in base64',
    ],
    [{ auths: [] }, '/home/me/config.json: auths is not an object'],
  ])('%j is refused', async (config, message) => {
    await expect(find(config, 'a')).rejects.toMatchObject({ code: 'E_REGISTRY_AUTH', message });
  });
});
