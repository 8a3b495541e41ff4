import { describe, expect, it } from 'vitest';
import { warnOfUnusedArgs } from '../../builder/unused-build-args.ts';
import { parse } from '../../grammar/parse.ts';
import type { ImageConfig } from '../../image/model.ts';

/** What is said of these arguments. */
function warnings(text: string, names: readonly string[], onBuild: string[] = []): string[] {
  const ast = parse({ name: 'Dockerfile', text });
  const config = { os: 'linux', architecture: 'amd64', config: { OnBuild: onBuild } };
  const images = new Map([['base', config as unknown as ImageConfig]]);
  const messages: string[] = [];
  const args = new Map(names.map((name) => [name, 'value']));
  warnOfUnusedArgs(ast, args, images, (event) => {
    if (event.event === 'warning') messages.push(event.message);
  });
  return messages;
}

describe('a build argument', () => {
  const text = 'ARG ABOVE\nFROM base AS a\nARG IN_STAGE OTHER=1\nONBUILD ARG LATER\n';

  it('that nothing declares is told, with what may have been meant', () => {
    expect(warnings(text, ['NOBODY', 'IN_STAGES'])).toEqual([
      'no ARG declares the build argument NOBODY',
      'no ARG declares the build argument IN_STAGES; did you mean IN_STAGE?',
    ]);
  });

  it('is taken by any ARG, also one that only another build fires', () => {
    expect(warnings(text, ['ABOVE', 'IN_STAGE', 'OTHER', 'LATER'])).toEqual([]);
  });

  it('is taken by a trigger of a base', () => {
    expect(warnings(text, ['FROM_BASE'], ['ARG FROM_BASE=1'])).toEqual([]);
  });

  it('may be for the builder, or one that every step gets', () => {
    const names = ['BUILDKIT_SYNTAX', 'SOURCE_DATE_EPOCH', 'TARGETARCH', 'TARGETSTAGE'];
    expect(warnings(text, [...names, 'HTTP_PROXY', 'no_proxy'])).toEqual([]);
    expect(warnings(text, ['TARGETARCHS'])).toHaveLength(1);
  });
});
