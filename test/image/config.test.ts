import { expect, test } from 'vitest';
import { MAX_CONFIG_BYTES, parseConfig } from '../../image/config.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const BASE = { architecture: 'arm64', os: 'linux', rootfs: { type: 'layers', diff_ids: [DIGEST] } };

test('every field that slipway knows is kept, and no other', () => {
  const config = {
    ...BASE,
    created: '2024-01-01T00:00:00Z',
    author: 'me',
    variant: 'v8',
    'os.version': '1',
    config: {
      User: 'app',
      ExposedPorts: { '80/tcp': {} },
      Env: ['A=1', 'B='],
      Entrypoint: ['/e'],
      Cmd: ['c'],
      Volumes: { '/data': {} },
      WorkingDir: '/w',
      Labels: { a: 'b' },
      StopSignal: 'SIGINT',
      ArgsEscaped: true,
      Healthcheck: {
        Test: ['CMD', 'x'],
        Interval: 1,
        Timeout: 2,
        StartPeriod: 3,
        StartInterval: 4,
        Retries: 5,
      },
      OnBuild: ['RUN x'],
      Shell: ['/bin/sh', '-c'],
    },
    history: [{ created: 'x', created_by: 'y', author: 'z', comment: 'c', empty_layer: true }, {}],
  };
  expect(parse({ ...config, container: 'f00', docker_version: '1' })).toEqual(config);
});

test('null is the same as absent, and empty architecture and system have their old meaning', () => {
  expect(
    parse({
      rootfs: { diff_ids: [DIGEST] },
      architecture: '',
      config: { Env: null, Entrypoint: null, Labels: null, Volumes: null, Healthcheck: null },
      history: null,
    }),
  ).toEqual({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [DIGEST] },
  });
});

test('a label called __proto__ is a label like any other', () => {
  const config = parse({ ...BASE, config: { Labels: JSON.parse('{"__proto__": "x"}') } });
  expect(Object.keys(config.config?.Labels ?? {})).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(config.config?.Labels)).toBe(Object.prototype);
});

test.each([
  [{ ...BASE, rootfs: { diff_ids: [] } }, ' has 0 diff ids for 1 layers'],
  [{ ...BASE, rootfs: { diff_ids: [DIGEST, DIGEST] } }, ' has 2 diff ids for 1 layers'],
  [{ ...BASE, rootfs: { diff_ids: ['x'] } }, ': rootfs: diff_ids[0] is not a sha256 digest'],
  [{ ...BASE, rootfs: undefined }, ' has 0 diff ids for 1 layers'],
  [{ ...BASE, config: [] }, ': config is not an object'],
  [{ ...BASE, config: { Env: 'A=1' } }, ': config: Env is not a list'],
  [{ ...BASE, config: { Env: ['A'] } }, ': config: Env[0] is not NAME=value'],
  [{ ...BASE, config: { Env: ['=A'] } }, ': config: Env[0] is not NAME=value'],
  [{ ...BASE, config: { Env: ['A=\0'] } }, ': config: Env[0] holds a NUL'],
  [{ ...BASE, config: { Cmd: [1] } }, ': config: Cmd[0] is not text'],
  [{ ...BASE, config: { Labels: { a: {} } } }, ': config: Labels: a is not text'],
  [
    { ...BASE, config: { Healthcheck: { Retries: '3' } } },
    ': config: Healthcheck: Retries is not a whole number from 0',
  ],
  [
    { ...BASE, history: [{ empty_layer: 'yes' }] },
    ': history[0]: empty_layer is not true or false',
  ],
  [{ ...BASE, os: 1 }, ': os is not text'],
])('%j is refused:%s', (config, why) => {
  expect(() => parse(config)).toThrow(
    expect.objectContaining({ code: 'E_IMAGE_INVALID', message: `the config of app:1${why}` }),
  );
});

test('a config that is too large is refused unread', () => {
  expect(() => parseConfig(Buffer.alloc(MAX_CONFIG_BYTES + 1), 0, 'a')).toThrow(
    expect.objectContaining({
      code: 'E_IMAGE_INVALID',
      message: `the config of a has more than ${MAX_CONFIG_BYTES} bytes`,
    }),
  );
});

function parse(config: object) {
  return parseConfig(Buffer.from(JSON.stringify(config)), 1, 'app:1');
}
