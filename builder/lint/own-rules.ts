// The rules that slipway has and the reference has not. They never end a build. On without being asked for
// is what is a slip almost always; what is a matter of policy or of taste is experimental.

import { addInsteadOfCopy } from './own/add-instead-of-copy.ts';
import { aptGetUpdateAlone, aptGetWithoutCleanup } from './own/apt-get.ts';
import { broadCopyBeforeExpensiveRun } from './own/broad-copy.ts';
import { chownAfterCopy } from './own/chown-after-copy.ts';
import { latestTag } from './own/latest-tag.ts';
import { misspelledStage } from './own/misspelled-stage.ts';
import { pipefailMissing } from './own/pipefail-missing.ts';
import { runWithoutEffect } from './own/run-without-effect.ts';
import { secretInCopy } from './own/secret-in-copy.ts';
import { unpinnedBaseImage } from './own/unpinned-base-image.ts';
import { unpinnedDigest } from './own/unpinned-digest.ts';
import { unusedStage } from './own/unused-stage.ts';
import type { Rule } from './rule.ts';

export const OWN_RULES: readonly Rule[] = [
  addInsteadOfCopy,
  aptGetUpdateAlone,
  aptGetWithoutCleanup,
  broadCopyBeforeExpensiveRun,
  latestTag,
  misspelledStage,
  runWithoutEffect,
  secretInCopy,
  unpinnedBaseImage,
  unusedStage,
  chownAfterCopy,
  pipefailMissing,
  unpinnedDigest,
];
