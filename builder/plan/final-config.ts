// The config that the target's image gets, and the one that FROM scratch starts with.

import type { ImageConfig, Platform, RuntimeConfig } from '../../image/model.ts';
import type { StageState } from './apply/stage-state.ts';

/** An image with nothing in it, for this platform. */
export function emptyImage(platform: Platform): ImageConfig {
  return {
    ...platform,
    config: { WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [] },
  };
}

/** Returns the stage's config with the labels of the command line, which win. Layers and history are the export's. */
export function finalConfig(state: StageState, labels: ReadonlyMap<string, string>): ImageConfig {
  const { Cmd, Entrypoint, ...config } = state.config;
  const merged = new Map([...state.labels, ...labels]);
  const runtime: RuntimeConfig = {
    ...config,
    Env: state.configEnv.list(),
    ...(Entrypoint?.length ? { Entrypoint } : {}),
    ...(Cmd?.length ? { Cmd } : {}),
    ...(merged.size > 0 ? { Labels: sortedRecord(merged) } : {}),
    ...(state.ports.size > 0 ? { ExposedPorts: keySet(state.ports) } : {}),
    ...(state.volumes.size > 0 ? { Volumes: keySet(state.volumes) } : {}),
    ...(state.onbuild.length > 0 ? { OnBuild: state.onbuild } : {}),
  };
  return {
    ...state.platform,
    ...(state.author === undefined ? {} : { author: state.author }),
    config: runtime,
    rootfs: { type: 'layers', diff_ids: [] },
  };
}

function keySet(names: ReadonlySet<string>): Record<string, object> {
  return sortedRecord(new Map([...names].map((name) => [name, {}])));
}

/** Object.fromEntries, unlike assignment, makes a property of any name, `__proto__` too. */
function sortedRecord<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(sorted);
}
