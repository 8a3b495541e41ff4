// The tag `latest` moves: a build of next month is another build.

import type { Rule } from '../rule.ts';
import { imagesOf } from './image-names.ts';

export const latestTag: Rule = {
  name: 'LatestTag',
  description: 'Images are named with a tag that says a version',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const { at, span, name, tag, pinned, isChosen } of imagesOf(subject)) {
      if (tag !== 'latest' || pinned || isChosen) continue;
      yield { at, span, message: `the tag of ${name} moves: name a version instead` };
    }
  },
};
