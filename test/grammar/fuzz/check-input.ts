// What must hold of any text that is given for a Dockerfile: reading and planning it ends, and ends
// well or with BuildErrors whose places lie in the text.

import { plan } from '../../../builder/plan/plan.ts';
import type { PlanOptions } from '../../../builder/plan/plan-options.ts';
import { type BuildError, isBuildError } from '../../../core/errors.ts';
import { dump } from '../../../grammar/dump.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import type { ImageConfig } from '../../../image/model.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

const OPTIONS: PlanOptions = {
  namedContexts: new Map([['folder', '.']]),
  target: undefined,
  buildArgs: new Map([['B', 'given']]),
  labels: new Map(),
  platform: PLATFORM,
  buildPlatform: PLATFORM,
  network: 'default',
  sourceDateEpoch: undefined,
};

/** Says how reading and planning `text` ended. Throws an Error where something else than that happened. */
export function checkInput(text: string): 'planned' | 'refused' {
  const parsed = parseWithErrors({ name: 'Dockerfile', text });
  dump(parsed.ast);
  checkPlaces(parsed.errors, text);
  const images = new Map<string, ImageConfig>();
  for (let round = 0; round < 3; round++) {
    try {
      const result = plan(parsed, OPTIONS, images);
      if (result.kind !== 'needs') return 'planned';
      for (const { key, platform } of result.images) {
        const config = { OnBuild: ['COPY --from=x a b'], Env: ['HOME=/root'] };
        images.set(key, { ...platform, config, rootfs: { type: 'layers', diff_ids: [] } });
      }
    } catch (error) {
      if (!isBuildError(error)) throw error;
      const errors = [error, ...error.others];
      if (errors.length < parsed.errors.length) throw new Error('an error of the parser is lost');
      checkPlaces(errors, text);
      return 'refused';
    }
  }
  throw new Error('planning did not come to an end');
}

/** Places lie in the text and go upwards. */
function checkPlaces(errors: readonly BuildError[], text: string): void {
  let before = 0;
  for (const { span, message } of errors) {
    if (span === undefined) continue;
    const { start, end, source } = span;
    if (source.text !== text) throw new Error(`the place of "${message}" is in another text`);
    if (start < before || end < start || end > text.length) {
      throw new Error(`"${message}" is at ${start} to ${end}, after ${before} of ${text.length}`);
    }
    before = start;
  }
}
