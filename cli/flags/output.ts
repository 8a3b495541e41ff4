// `-o`: buildx's forms. `DIR` is type=local, `-` is a tar on standard output, and
// `type=T,key=value,...` is CSV. An unknown key is refused: nothing is accepted and then ignored.
// https://docs.docker.com/reference/cli/docker/buildx/build/#output

import type { OutputSpec } from '../../builder/options.ts';
import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { parseCsv } from './csv.ts';
import { parseImageName } from './image-name.ts';
import { LAYER_KEYS, parseLayerForm } from './layer-form.ts';

/** The keys that each type takes. */
const KEYS = {
  oci: ['dest', 'name', 'tar', ...LAYER_KEYS],
  docker: ['dest', 'name', 'tar', ...LAYER_KEYS],
  local: ['dest'],
  tar: ['dest'],
  image: ['name', 'push', ...LAYER_KEYS],
  registry: ['name', ...LAYER_KEYS],
} as const satisfies Record<string, readonly string[]>;

type OutputType = keyof typeof KEYS;

/**
 * Returns what the value of one `-o` asks for. `tags` name the image where the output names none
 * itself. Throws E_USAGE.
 */
export function parseOutput(value: string, tags: readonly string[]): OutputSpec {
  const fields = parseCsv(value, '-o');
  const only = fields[0];
  if (fields.length === 1 && only !== undefined && !only.startsWith('type=')) {
    if (only === '') throw bad(value, 'it is empty', 'give a folder, -, or type=...');
    return only === '-' ? { type: 'tar', dest: '-' } : { type: 'local', dest: only };
  }
  const attributes = readAttributes(value, fields);
  const type = readType(value, attributes.get('type'));
  attributes.delete('type');
  refuseUnknownKeys(value, type, attributes);
  return build(value, type, attributes, tags);
}

function readAttributes(value: string, fields: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    if (equals === -1) throw bad(value, `${JSON.stringify(field)} is not key=value`, EXAMPLE);
    const key = field.slice(0, equals).trim().toLowerCase();
    if (attributes.has(key)) throw bad(value, `the key ${key} stands twice`, NAMES);
    attributes.set(key, field.slice(equals + 1));
  }
  return attributes;
}

const EXAMPLE = 'for example: -o type=oci,dest=image.tar';
const NAMES = 'several names are one quoted field: -o \'type=oci,"name=a:1,b:2",dest=image.tar\'';

function readType(value: string, type: string | undefined): OutputType {
  if (type === undefined) throw bad(value, 'it has no type', EXAMPLE);
  if (isOutputType(type)) return type;
  if (type === 'cacheonly') {
    throw bad(value, 'every build fills the cache, so no output is of type cacheonly', EXAMPLE);
  }
  const meant = suggest(type, Object.keys(KEYS));
  throw bad(
    value,
    `there is no output type ${JSON.stringify(type)}`,
    meant === undefined ? `the types are ${list(Object.keys(KEYS))}` : `did you mean ${meant}?`,
  );
}

function isOutputType(type: string): type is OutputType {
  return Object.hasOwn(KEYS, type);
}

function refuseUnknownKeys(
  value: string,
  type: OutputType,
  attributes: ReadonlyMap<string, string>,
): void {
  const known: readonly string[] = KEYS[type];
  for (const key of attributes.keys()) {
    if (known.includes(key)) continue;
    const meant = suggest(key, known);
    throw bad(
      value,
      `type=${type} has no key ${JSON.stringify(key)}`,
      meant === undefined ? `its keys are ${list(known)}` : `did you mean ${meant}?`,
    );
  }
}

function build(
  value: string,
  type: OutputType,
  attributes: ReadonlyMap<string, string>,
  tags: readonly string[],
): OutputSpec {
  const names = namesOf(value, attributes.get('name')) ?? tags;
  const layers = parseLayerForm(attributes, (message, hint) => bad(value, message, hint));
  if (type === 'image' || type === 'registry') {
    const push = type === 'registry' || readBoolean(value, 'push', attributes.get('push'), false);
    if (push && names.length === 0) throw bad(value, 'an image to push needs a name', '-t NAME');
    return { type: 'image', names, push, layers };
  }
  const dest = attributes.get('dest') ?? (type === 'local' ? '' : '-');
  if (dest === '') throw bad(value, `type=${type} needs dest`, `-o type=${type},dest=PATH`);
  if (type === 'tar') return { type, dest };
  if (type === 'local') {
    if (dest === '-') throw bad(value, 'a folder cannot go to standard output', 'use type=tar');
    return { type, dest };
  }
  const tar = readBoolean(value, 'tar', attributes.get('tar'), true);
  if (!tar && dest === '-') throw bad(value, 'tar=false makes a folder and needs dest', EXAMPLE);
  return { type, dest, tar, names, layers };
}

function namesOf(value: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw bad(value, 'a name is empty', NAMES);
  return names.map((name) => parseImageName(name, '-o name='));
}

function readBoolean(
  value: string,
  key: string,
  text: string | undefined,
  absent: boolean,
): boolean {
  if (text === undefined) return absent;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw bad(value, `${key}=${text} is neither true nor false`, `write ${key}=true or ${key}=false`);
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

function bad(value: string, message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', `-o ${JSON.stringify(value)}: ${message}`, { hint });
}
