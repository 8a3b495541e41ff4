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
  const merged = [...Object.entries(state.config.Labels ?? {}), ...labels].sort(byName);
  const { Cmd, Entrypoint, Labels: _merged, ...config } = state.config;
  const runtime: RuntimeConfig = {
    ...config,
    Env: state.configEnv.list(),
    ...(Entrypoint?.length ? { Entrypoint } : {}),
    ...(Cmd?.length ? { Cmd } : {}),
    ...(merged.length > 0 ? { Labels: Object.fromEntries(merged) } : {}),
  };
  return {
    ...state.platform,
    ...(state.author === undefined ? {} : { author: state.author }),
    config: runtime,
    rootfs: { type: 'layers', diff_ids: [] },
  };
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
