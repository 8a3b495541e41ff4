// The rules of the reference, under its names: they speak up where it would.
// https://docs.docker.com/reference/build-checks/

import { consistentInstructionCasing } from './reference/consistent-instruction-casing.ts';
import { copyIgnoredFile } from './reference/copy-ignored-file.ts';
import { duplicateStageName } from './reference/duplicate-stage-name.ts';
import { exposeInvalidFormat } from './reference/expose-invalid-format.ts';
import { exposeProtoCasing } from './reference/expose-proto-casing.ts';
import { fromAsCasing } from './reference/from-as-casing.ts';
import { fromPlatformFlagConstDisallowed } from './reference/from-platform-flag-const-disallowed.ts';
import { invalidBaseImagePlatform } from './reference/invalid-base-image-platform.ts';
import { invalidDefaultArgInFrom } from './reference/invalid-default-arg-in-from.ts';
import { invalidDefinitionDescription } from './reference/invalid-definition-description.ts';
import { jsonArgsRecommended } from './reference/json-args-recommended.ts';
import { legacyKeyValueFormat } from './reference/legacy-key-value-format.ts';
import { maintainerDeprecated } from './reference/maintainer-deprecated.ts';
import { multipleInstructionsDisallowed } from './reference/multiple-instructions-disallowed.ts';
import { noEmptyContinuation } from './reference/no-empty-continuation.ts';
import { redundantTargetPlatform } from './reference/redundant-target-platform.ts';
import { reservedStageName } from './reference/reserved-stage-name.ts';
import { secretsUsedInArgOrEnv } from './reference/secrets-used-in-arg-or-env.ts';
import { stageNameCasing } from './reference/stage-name-casing.ts';
import { undefinedArgInFrom } from './reference/undefined-arg-in-from.ts';
import { undefinedVar } from './reference/undefined-var.ts';
import { workdirRelativePath } from './reference/workdir-relative-path.ts';
import type { Rule } from './rule.ts';

export const REFERENCE_RULES: readonly Rule[] = [
  stageNameCasing,
  fromAsCasing,
  noEmptyContinuation,
  consistentInstructionCasing,
  duplicateStageName,
  reservedStageName,
  jsonArgsRecommended,
  maintainerDeprecated,
  undefinedArgInFrom,
  workdirRelativePath,
  undefinedVar,
  multipleInstructionsDisallowed,
  legacyKeyValueFormat,
  invalidBaseImagePlatform,
  redundantTargetPlatform,
  secretsUsedInArgOrEnv,
  invalidDefaultArgInFrom,
  fromPlatformFlagConstDisallowed,
  copyIgnoredFile,
  invalidDefinitionDescription,
  exposeProtoCasing,
  exposeInvalidFormat,
];
