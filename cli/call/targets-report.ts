// What `--call=targets` prints: text in buildx's form, JSON in that of BuildKit's subrequest.

import type { Target } from '../../builder/describe/targets.ts';
import { nameToBytes } from '../../core/names.ts';
import type { SourceText } from '../../core/source.ts';
import { columns } from './columns.ts';
import { locationOf } from './location.ts';

/** Returns a table with a row for each stage. */
export function targetsText(targets: readonly Target[]): string {
  const rows = targets.map(({ name, isDefault, description }) => {
    const words = [name, isDefault ? '(default)' : ''].filter((word) => word !== '');
    return [words.join(' '), description];
  });
  return columns([['TARGET', 'DESCRIPTION'], ...rows], 1);
}

/** Returns the object of `frontend.targets`: what is empty or false is left out. */
export function targetsJson(targets: readonly Target[], source: SourceText): object {
  return {
    targets: targets.map(({ name, isDefault, description, base, platform, lines }) => ({
      ...(name === '' ? {} : { name }),
      ...(isDefault ? { default: true } : {}),
      ...(description === '' ? {} : { description }),
      ...(base === '' ? {} : { base }),
      ...(platform === '' ? {} : { platform }),
      location: locationOf(lines),
    })),
    sources: [nameToBytes(source.text).toString('base64')],
  };
}
