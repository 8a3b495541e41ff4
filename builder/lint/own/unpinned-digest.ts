// Only a digest names the same image for ever: a tag can be moved. That is a policy and not for
// everyone, so the rule is silent until it is asked for.

import type { Rule } from '../rule.ts';
import { imagesOf } from './image-names.ts';

export const unpinnedDigest: Rule = {
  name: 'UnpinnedDigest',
  description: 'Images are named with a digest',
  url: undefined,
  experimental: true,
  *check(subject) {
    for (const { at, span, name, pinned } of imagesOf(subject)) {
      if (!pinned) yield { at, span, message: `${name} has no digest: its tag can be moved` };
    }
  },
};
