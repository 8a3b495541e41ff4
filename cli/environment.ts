// What the builder needs of the process, for commands other than `build`.

import type { BuildEnvironment } from '../builder/environment.ts';
import type { Host } from './host.ts';
import { storeHome } from './store-home.ts';

/** Returns the environment of a command that shows no events. */
export function silentEnvironment(host: Host): BuildEnvironment {
  return {
    home: storeHome(host),
    events: () => {},
    signal: host.signal,
    variables: host.env,
    stdout: host.stdout,
  };
}
