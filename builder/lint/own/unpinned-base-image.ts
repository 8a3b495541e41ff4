// An image without a tag is whatever the registry calls `latest` on the day of the build.

import type { Rule } from '../rule.ts';
import { imagesOf } from './image-names.ts';

export const unpinnedBaseImage: Rule = {
  name: 'UnpinnedBaseImage',
  description: 'Images are named with a tag or a digest',
  url: undefined,
  experimental: false,
  *check(subject) {
    for (const { at, span, name, tag, pinned, isChosen } of imagesOf(subject)) {
      if (tag !== undefined || pinned || isChosen) continue;
      const message = `${name} has no tag: it is whatever ${name}:latest is on the day of the build`;
      yield { at, span, message };
    }
  },
};
