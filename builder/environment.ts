// What a build needs from the program that embeds it, besides the options of the build itself.

import type { Writable } from 'node:stream';
import type { EventSink } from '../core/events.ts';
import type { FailedRunHandler } from './failed-run.ts';

export interface BuildEnvironment {
  /** The store's folder. */
  readonly home: string;
  readonly events: EventSink;
  /** Aborting it ends the build within a second, with nothing left behind. */
  readonly signal: AbortSignal;
  /** Environment variables: proxies, DOCKER_CONFIG, HOME. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where `-o -` writes. */
  readonly stdout: Writable;
  /** Called for every RUN that fails, before the build ends by it. */
  readonly onFailedRun?: FailedRunHandler | undefined;
}
