// InvalidBaseImagePlatform: the registry had the base for another platform than the one that was asked for.

import { formatPlatform } from '../../../image/model.ts';
import { normalizePlatform } from '../../../image/platform.ts';
import type { Rule } from '../rule.ts';

export const invalidBaseImagePlatform: Rule = {
  name: 'InvalidBaseImagePlatform',
  description: 'The base image is of the platform that is built for',
  url: undefined,
  experimental: false,
  *check({ traces }) {
    for (const { stage, base, image } of traces) {
      if (image === undefined || base.origin.kind !== 'image') continue;
      const { need } = base.origin;
      const { os, architecture } = base.platform;
      // What a named context puts in the place of an image was chosen on purpose.
      if (need.reference !== base.text) continue;
      if (image.os === os && image.architecture === architecture) continue;
      const [is, wanted] = [image, base.platform].map((each) =>
        formatPlatform(normalizePlatform(each)),
      );
      const message = `the base ${base.text} is for ${is}; this build is for ${wanted}`;
      yield { at: stage.from.node, message, span: stage.from.image.span };
    }
  },
};
