// The part of a build's options that planning reads.

import type { BuildOptions } from '../options.ts';

export type PlanOptions = Pick<
  BuildOptions,
  | 'namedContexts'
  | 'target'
  | 'buildArgs'
  | 'labels'
  | 'platform'
  | 'buildPlatform'
  | 'network'
  | 'sourceDateEpoch'
  | 'contextEpoch'
  | 'noCacheStages'
>;
