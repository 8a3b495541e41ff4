// All rules: what `slipway lint` and `--check` go by. A build says what the reference would, no more.

import { OWN_RULES } from './own-rules.ts';
import { REFERENCE_RULES } from './reference-rules.ts';
import type { Rule } from './rule.ts';

export const RULES: readonly Rule[] = [...REFERENCE_RULES, ...OWN_RULES];
