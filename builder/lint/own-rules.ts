// The rules that slipway has and the reference has not. They never end a build.

import type { Rule } from './rule.ts';

export const OWN_RULES: readonly Rule[] = [];
