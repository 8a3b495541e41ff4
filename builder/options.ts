// What a build is asked to do. The command line fills this in; a program that embeds slipway may too.

import type { SourceText } from '../core/source.ts';
import type { Compression } from '../image/compress/compression.ts';
import type { Platform } from '../image/model.ts';
import type { ContextModes } from './context/context-modes.ts';
import type { Entitlement, StepOptions } from './step-options.ts';

export interface BuildOptions {
  readonly dockerfile: SourceText;
  /** The main context. */
  readonly context: ContextSpec;
  /** `--build-context NAME=VALUE`, values as written: a folder, `docker-image://`, `oci-layout://`. */
  readonly namedContexts: ReadonlyMap<string, string>;
  /** Which modes the files of contexts have; see builder/context/context-modes.ts. */
  readonly contextModes: ContextModes;
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** The platform that RUN steps run on by themselves: BUILDPLATFORM. */
  readonly buildPlatform: Platform;
  /** Names for the image in the local store, and in archives. */
  readonly tags: readonly string[];
  readonly outputs: readonly OutputSpec[];
  readonly network: 'default' | 'none' | 'host';
  readonly noCache: boolean;
  /** `--no-cache-filter`: the same for the steps of these stages. */
  readonly noCacheStages?: readonly string[] | undefined;
  /** Which records of RUN steps hold; undefined is `auto`. */
  readonly cachePolicy?: CachePolicy | undefined;
  /** How old the result of a RUN may be, in milliseconds; undefined is for ever. */
  readonly cacheTtl?: number | undefined;
  /** Ask the registry for base images even where the local store has the name. */
  readonly pull: boolean;
  /** Seconds since the epoch: every time in the image is at most this, and the build is reproducible. */
  readonly sourceDateEpoch: number | undefined;
  /** The time of the main context, for SOURCE_DATE_EPOCH=context: of an archive's newest entry, or of a commit. A folder has none. */
  readonly contextEpoch?: number | undefined;
  /** `auto` probes the ladder from the top. */
  readonly isolation: 'auto' | 'root' | 'rootless' | 'single-id' | 'chroot';
  /** `--secret id=ID,...`: where each secret's value is. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** `--ssh ID=...`: the paths of one agent's socket, or of keys. */
  readonly ssh: ReadonlyMap<string, readonly string[]>;
  /** `--allow`: what steps may ask for beyond what every step has. */
  readonly allow: ReadonlySet<Entitlement>;
  readonly steps: StepOptions;
  /** Bytes of disk that the cache may take; undefined is the default, see builder/cache/cap.ts. */
  readonly cacheMax?: number | 'off' | undefined;
  /** How many steps may run at once; undefined is the number of cores. */
  readonly jobs: number | undefined;
}

/**
 * `auto` lets a RUN that stayed offline take a record of another input, by what it read; `traced` one that used the
 * network too; `strict` takes records of the very same input only.
 */
export type CachePolicy = 'auto' | 'traced' | 'strict';

export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly variable: string };

export type ContextSpec =
  | {
      readonly kind: 'directory';
      readonly path: string;
      readonly ignoreFile: SourceText | undefined;
      /** Where a folder that was made for this build came from: the next one's has another path. */
      readonly origin?: string | undefined;
    }
  /** No files at all: `-f -` with no context, or a Dockerfile that is the whole input. */
  | { readonly kind: 'empty' };

/** `-o type=...`; `dest` is a path, or `-` for standard output where the type allows it. */
export type OutputSpec =
  | {
      readonly type: 'oci' | 'docker';
      readonly dest: string;
      readonly tar: boolean;
      readonly names: readonly string[];
      readonly layers: LayerForm;
    }
  | { readonly type: 'local'; readonly dest: string }
  | { readonly type: 'tar'; readonly dest: string }
  /** The local store under the tags; with `push`, the registry too. */
  | {
      readonly type: 'image';
      readonly names: readonly string[];
      readonly push: boolean;
      readonly layers: LayerForm;
    };

/** How the layers of an output are written. */
export interface LayerForm {
  readonly compression: Compression;
  /** Layers of base images too, where they are compressed in another way. */
  readonly force: boolean;
}
