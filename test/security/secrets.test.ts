// Secrets are nowhere but in the step that mounts them: not in the store, the image, the log or the metadata
// (docker/cli#2473, BuildKit GHSA-gc89-7gcr-jxqc and the tokens found in published provenance).

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const VALUE = 'correct-horse-battery-staple';

/** Files below the folders that hold `text`, also where it is in hex. */
function holders(text: string, ...folders: string[]): string[] {
  const hex = Buffer.from(text).toString('hex');
  const args = ['-rlaF', '-e', text, '-e', hex, ...folders];
  return spawnSync('grep', args, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
}

test('a secret is seen by its step only', (context) => {
  needsSteps(context);
  const [home, out, given] = [tmpDir(), tmpDir(), join(tmpDir(), 'value')];
  writeFileSync(given, VALUE);
  const mounts = '--mount=type=secret,id=a --mount=type=secret,id=a,env=TOKEN';
  const { status, stdout, stderr } = buildOnHostile({
    home,
    dockerfile: `RUN ${mounts} test "$(cat /run/secrets/a)" = "$TOKEN" && echo \${#TOKEN} && touch /made\nRUN test ! -e /run/secrets && test -z "$TOKEN" && echo gone\n`,
    args: [
      ...['--secret', `id=a,src=${given}`, '--metadata-file', join(out, 'metadata.json')],
      ...['-o', `type=oci,dest=${join(out, 'image')},tar=false`, '-o', 'type=image', '-t', 'made'],
    ],
  });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^#\d+ [\d.]+ 28$/m);
  expect(stderr).toMatch(/^#\d+ [\d.]+ gone$/m);
  expect(`${stdout}${stderr}`).not.toContain(VALUE);
  expect(holders(VALUE, home, out)).toEqual([]);
  // The layers are compressed: unpack them to look.
  const { manifest } = JSON.parse(slipway(home, ['inspect', 'made']).stdout) as {
    manifest: { layers: { digest: string; mediaType: string }[] };
  };
  expect(manifest.layers.length).toBeGreaterThan(1);
  for (const { digest, mediaType } of manifest.layers) {
    const blob = readFileSync(join(out, 'image/blobs/sha256', digest.slice('sha256:'.length)));
    const layer = mediaType.endsWith('gzip') ? gunzipSync(blob) : blob;
    expect(layer.includes(VALUE)).toBe(false);
  }
});

test('the check finds what it looks for', () => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'a'), `\0x${VALUE}y`);
  writeFileSync(join(folder, 'b'), Buffer.from(VALUE).toString('hex'));
  expect(holders(VALUE, folder)).toHaveLength(2);
});

test('a value that cannot be a variable is not shown in the error', (context) => {
  needsSteps(context);
  const given = join(tmpDir(), 'value');
  writeFileSync(given, `${VALUE}\0`);
  const { status, stdout, stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: 'RUN --mount=type=secret,id=a,env=TOKEN true\n',
    args: ['--secret', `id=a,src=${given}`],
  });
  expect(status).toBe(1);
  expect(stderr).toContain('error[E_MOUNT]: the secret "a" has a NUL in it: no variable can');
  expect(`${stdout}${stderr}`).not.toContain(VALUE);
});

test('another value of a secret is no reason to run a step again', (context) => {
  needsSteps(context);
  const [home, given] = [tmpDir(), join(tmpDir(), 'value')];
  const build = (value: string): string => {
    writeFileSync(given, value);
    const dockerfile = 'RUN --mount=type=secret,id=a,env=TOKEN echo ran\n';
    return buildOnHostile({ home, dockerfile, args: ['--secret', `id=a,src=${given}`] }).stderr;
  };
  expect(build('one')).toMatch(/^#\d+ [\d.]+ ran$/m);
  expect(build('two')).not.toMatch(/^#\d+ [\d.]+ ran$/m);
});

test('history shows build arguments, as in the reference, but not those that sound like secrets', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const built = buildOnHostile({
    home,
    dockerfile:
      'ARG VERSION\nARG API_TOKEN\nARG DB_PASSWORD\nRUN true\nLABEL url=https://user:hunter2@example.com/x\n',
    args: [
      ...['--build-arg', 'VERSION=1.2', '--build-arg', 'API_TOKEN=hunter2'],
      ...['--build-arg', 'DB_PASSWORD=hunter2', '--build-arg', 'HTTPS_PROXY=http://u:hunter2@p'],
      ...['-t', 'made'],
    ],
  });
  expect(built.status, built.stderr).toBe(0);
  const { config } = JSON.parse(slipway(home, ['inspect', 'made']).stdout) as {
    config: { history: { created_by: string }[]; config: { Env: string[] } };
  };
  const history = config.history.map((entry) => entry.created_by).join('\n');
  expect(history).toContain('VERSION=1.2');
  expect(history).not.toContain('hunter2');
  expect(config.config.Env.join()).not.toContain('hunter2');
  expect(built.stderr).not.toContain('hunter2@p');
});
