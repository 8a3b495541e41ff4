// The keys of `-o` that say how layers are compressed: buildx's.
// https://docs.docker.com/build/exporters/#compression

import type { LayerForm } from '../../builder/options.ts';
import { BuildError } from '../../core/errors.ts';
import type { Compression } from '../../image/compress/compression.ts';

export const LAYER_KEYS = ['compression', 'compression-level', 'force-compression'] as const;

/** The levels that a compressor takes. */
const LEVELS: Readonly<Record<string, readonly [lowest: number, highest: number]>> = {
  gzip: [0, 9],
  zstd: [1, 22],
};

/**
 * Returns how the layers of an output are compressed; gzip where nothing is said. `bad` makes the error for a wrong
 * value. Throws E_UNSUPPORTED for estargz.
 */
export function parseLayerForm(
  attributes: ReadonlyMap<string, string>,
  bad: (message: string, hint: string) => BuildError,
): LayerForm {
  const type = readType(attributes.get('compression') ?? 'gzip', bad);
  const level = readLevel(type, attributes.get('compression-level'), bad);
  const force = attributes.get('force-compression') ?? 'false';
  if (!/^(?:true|false|1|0)$/.test(force)) {
    throw bad(
      `force-compression=${force} is neither true nor false`,
      'write force-compression=true or force-compression=false',
    );
  }
  return {
    compression: { type, ...(level === undefined ? {} : { level }) },
    force: force === 'true' || force === '1',
  };
}

function readType(
  text: string,
  bad: (message: string, hint: string) => BuildError,
): Compression['type'] {
  if (text === 'gzip' || text === 'zstd' || text === 'uncompressed') return text;
  if (text === 'estargz') {
    throw new BuildError('E_UNSUPPORTED', 'layers are not written as estargz', {
      hint: 'use compression=zstd for small layers that unpack fast, or compression=gzip',
    });
  }
  throw bad(
    `there is no compression ${JSON.stringify(text)}`,
    'the compressions are gzip, zstd and uncompressed',
  );
}

function readLevel(
  type: Compression['type'],
  text: string | undefined,
  bad: (message: string, hint: string) => BuildError,
): number | undefined {
  if (text === undefined) return undefined;
  const range = LEVELS[type];
  if (range === undefined) throw bad('uncompressed has no level', 'leave compression-level out');
  const [lowest, highest] = range;
  const level = Number(text);
  if (/^[0-9]+$/.test(text) && level >= lowest && level <= highest) return level;
  throw bad(
    `compression-level=${text} is no level of ${type}`,
    `the levels of ${type} are ${lowest} to ${highest}`,
  );
}
