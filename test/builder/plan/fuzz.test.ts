// Whatever a Dockerfile holds, parsing and planning end, and end well or with a BuildError.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plan } from '../../../builder/plan/plan.ts';
import { isBuildError } from '../../../core/errors.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import type { ImageConfig } from '../../../image/model.ts';
import { seededRandom } from '../../support/seed.ts';
import { DEFAULTS } from './plan-text.ts';

const PARSES = join(import.meta.dirname, '../../../../shared/conformance/dockerfile/parse');

/** One of everything, so that mutations meet every instruction where the conformance data is absent too. */
const ALL = `# escape=\\
ARG A=1
FROM --platform=$BUILDPLATFORM base:\${A:-x} AS one
RUN --mount=type=cache,target=/c,sharing=locked --network=none a && \\
 # comment
 b
RUN <<-'E' cat <<F
	x
	E
F
ENV B="x $A" C=\${B%x*} D=\${B//x/y}
COPY --from=0 --chmod=u+x --exclude=*.md a <<"G" ./
text
G
ONBUILD ADD --checksum=sha256:00 https://x/y /z
HEALTHCHECK --interval=5s CMD ["a", "\\u0041"]
FROM one
LABEL a=b 'c d'=e
EXPOSE 80-90/udp $A
SHELL ["a"]
STOPSIGNAL RTMIN+3
VOLUME ["/a"]
WORKDIR ../x
USER a:b
CMD x
ENTRYPOINT []
`;

/** One that many edits leave in order. */
const SMALL = 'FROM scratch\nENV A=1 B=$A\nCOPY a /b\nLABEL c=$A\nCMD x $A\n';

const PIECES = [
  '\\',
  '\n',
  '"',
  "'",
  '$',
  '${',
  '}',
  '<<E',
  '[',
  ']',
  ' ',
  '\t',
  '\r\n',
  '=',
  '--',
  '#',
].concat([
  '\u0085',
  '\ud800',
  '\u2028',
  '`',
  'ONBUILD ',
  'FROM ',
  'AS ',
  '\0',
  ',',
  ':',
  '/',
  '..',
  '-1',
]);

function seeds(): string[] {
  if (!existsSync(PARSES)) return [ALL];
  const files = readdirSync(PARSES).map((name) => join(PARSES, name, 'Dockerfile'));
  return [ALL, ...files.map((file) => readFileSync(file, 'utf8'))];
}

/** Plans with made-up images, one round more than any trigger here needs. */
function build(text: string): void {
  const parsed = parseWithErrors({ name: 'Dockerfile', text });
  const images = new Map<string, ImageConfig>();
  for (let round = 0; round < 3; round++) {
    const result = plan(parsed, DEFAULTS, images);
    if (result.kind !== 'needs') return;
    for (const { key, platform } of result.images) {
      const config = { OnBuild: ['COPY --from=x a b'] };
      images.set(key, { ...platform, config, rootfs: { type: 'layers', diff_ids: [] } });
    }
  }
  throw new Error('planning did not come to an end');
}

it('mutated Dockerfiles are planned, or refused with a BuildError', { timeout: 30_000 }, () => {
  const random = seededRandom('plan fuzz');
  const originals = seeds();
  const counts = { planned: 0, refused: 0 };
  for (let i = 0; i < 3000; i++) {
    const original = originals[i < originals.length * 20 ? i % originals.length : 0] ?? ALL;
    let text = i % 2 === 1 ? SMALL : original;
    for (let edits = random.int(4) + 1; edits > 0; edits--) {
      const at = random.int(text.length + 1);
      const cut = random.int(3) === 0 ? random.int(20) : 0;
      text = text.slice(0, at) + (PIECES[random.int(PIECES.length)] ?? '') + text.slice(at + cut);
    }
    try {
      build(text);
      counts.planned++;
    } catch (error) {
      if (!isBuildError(error)) throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
      counts.refused++;
    }
  }
  expect(counts.planned).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(100);
});

it('random characters are refused with a BuildError, or planned', () => {
  const random = seededRandom('plan noise');
  for (let i = 0; i < 2000; i++) {
    const length = random.int(60);
    const noise = Array.from({ length }, () =>
      random.int(3) === 0
        ? (PIECES[random.int(PIECES.length)] ?? '')
        : String.fromCharCode(random.int(0x250)),
    ).join('');
    try {
      build(
        `FROM scratch\nENV A=1\n${['', 'RUN ', 'ENV ', 'COPY ', 'LABEL x='][random.int(5)]}${noise}`,
      );
    } catch (error) {
      if (!isBuildError(error)) throw new Error(`for ${JSON.stringify(noise)}`, { cause: error });
    }
  }
});
