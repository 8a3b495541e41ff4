// The rules of the reference, under its names: they speak up where it would.
// https://docs.docker.com/reference/build-checks/

import type { Rule } from './rule.ts';
import { fromAsCasing } from './rules/from-as-casing.ts';
import { stageNameCasing } from './rules/stage-name-casing.ts';

export const REFERENCE_RULES: readonly Rule[] = [stageNameCasing, fromAsCasing];
