// Image configs from outside, checked field by field: the builder trusts the types of what comes out
// of here. Fields that slipway does not know are dropped, as the reference builder does.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md

import { BuildError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';
import { JsonReader } from './json-reader.ts';
import type { Healthcheck, HistoryEntry, ImageConfig, RuntimeConfig } from './model.ts';

export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/**
 * Parses an image config. `layers` is the number of layers of its manifest, which must be the number
 * of diff ids; `name` is the image's, for messages. Throws E_IMAGE_INVALID.
 */
export function parseConfig(bytes: Uint8Array, layers: number, name: string): ImageConfig {
  const what = `the config of ${safeText(name)}`;
  if (bytes.byteLength > MAX_CONFIG_BYTES) {
    throw new BuildError('E_IMAGE_INVALID', `${what} has more than ${MAX_CONFIG_BYTES} bytes`);
  }
  const root = JsonReader.parse(bytes, what, 'E_IMAGE_INVALID');
  const diffIds = root.get('rootfs').absent
    ? []
    : root
        .get('rootfs')
        .get('diff_ids')
        .items()
        .map((item) => item.digest());
  if (diffIds.length !== layers) {
    throw root.error(`has ${diffIds.length} diff ids for ${layers} layers`);
  }
  return {
    ...text(root, 'created'),
    ...text(root, 'author'),
    // Required by the specification, left out by old tools that knew only one platform.
    architecture: wordOr(root.get('architecture'), 'amd64'),
    os: wordOr(root.get('os'), 'linux'),
    ...text(root, 'variant'),
    ...text(root, 'os.version'),
    ...root.optional('config', parseRuntime),
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...root.optional('history', (history) => history.items().map(parseHistory)),
  };
}

function parseRuntime(from: JsonReader): RuntimeConfig {
  return {
    ...text(from, 'User'),
    ...from.optional('ExposedPorts', keySet),
    ...from.optional('Env', parseEnvironment),
    ...from.optional('Entrypoint', (member) => member.strings()),
    ...from.optional('Cmd', (member) => member.strings()),
    ...from.optional('Volumes', keySet),
    ...text(from, 'WorkingDir'),
    ...from.optional('Labels', (member) => member.stringMap()),
    ...text(from, 'StopSignal'),
    ...from.optional('ArgsEscaped', (member) => member.boolean()),
    ...from.optional('Healthcheck', parseHealthcheck),
    ...from.optional('OnBuild', (member) => member.strings()),
    ...from.optional('Shell', (member) => member.strings()),
  };
}

/** A variable is `NAME=value`; one without the sign would be an empty name or none to a shell. */
function parseEnvironment(from: JsonReader): string[] {
  return from.items().map((item) => {
    const variable = item.string();
    if (variable.indexOf('=') < 1) throw item.error('is not NAME=value');
    if (variable.includes('\0')) throw item.error('holds a NUL');
    return variable;
  });
}

function parseHealthcheck(from: JsonReader): Healthcheck {
  const count = (key: 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval' | 'Retries') =>
    from.optional(key, (member) => member.count());
  return {
    ...from.optional('Test', (member) => member.strings()),
    ...count('Interval'),
    ...count('Timeout'),
    ...count('StartPeriod'),
    ...count('StartInterval'),
    ...count('Retries'),
  };
}

function parseHistory(from: JsonReader): HistoryEntry {
  return {
    ...text(from, 'created'),
    ...text(from, 'created_by'),
    ...text(from, 'author'),
    ...text(from, 'comment'),
    ...from.optional('empty_layer', (member) => member.boolean()),
  };
}

function keySet(from: JsonReader): Record<string, object> {
  return Object.fromEntries(from.entries().map(([key]) => [key, {}]));
}

function text<K extends string>(from: JsonReader, key: K): { readonly [P in K]?: string } {
  return from.optional(key, (member) => member.string());
}

function wordOr(from: JsonReader, fallback: string): string {
  return (from.absent ? '' : from.string()) || fallback;
}
