// FromPlatformFlagConstDisallowed: a fixed platform makes an image for one platform only, whatever is asked for.

import { parsePlatform } from '../../../image/platform.ts';
import { expandInFrom } from '../global-scope.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import { unlessBuildError } from '../unless-build-error.ts';

export const fromPlatformFlagConstDisallowed: Rule = {
  name: 'FromPlatformFlagConstDisallowed',
  description: 'FROM --platform is a variable, unless the name of the stage tells the platform',
  url: referencePage('from-platform-flag-const-disallowed'),
  experimental: false,
  *check({ stages, scope }) {
    if (scope === undefined) return;
    for (const { from } of stages) {
      const expanded = from.platform && expandInFrom(from.platform, scope);
      if (from.platform === undefined || expanded === undefined) continue;
      const { text, matched, unmatched } = expanded;
      if (matched.size > 0 || unmatched.size > 0 || tellsPlatform(from.name ?? '', text)) continue;
      const message = `--platform=${text} is the same for every build; use a variable such as $BUILDPLATFORM`;
      yield { at: from.node, message, span: from.platform.span };
    }
  },
};

/** True where the stage's name holds the system or the architecture; also where `text` is no platform, which is an error of its own. */
function tellsPlatform(stage: string, text: string): boolean {
  const platform = unlessBuildError(() => parsePlatform(text));
  if (platform === undefined) return true;
  return stage.includes(platform.os) || stage.includes(platform.architecture);
}
