// The build graph as plain data: what planning hands to execution. The planner has expanded every
// variable and resolved every stage; nothing here refers to the Dockerfile's text except spans.

import type { Span } from '../../core/source.ts';
import type { HistoryEntry, ImageConfig, Platform } from '../../image/model.ts';
import type { RemoteSource } from '../remote/remote-source.ts';
import type { StepCache } from './instructions/step-comment.ts';

/** Index into `Graph.vertices`. */
export type VertexId = number;

export interface Graph {
  /** In an order in which every vertex comes after those that it uses. Only what the target needs. */
  readonly vertices: readonly Vertex[];
  readonly target: VertexId;
  /** The target image's config; `rootfs` and `history` are filled in by the export. */
  readonly config: ImageConfig;
  /** What SOURCE_DATE_EPOCH came to, in seconds. */
  readonly sourceDateEpoch: number | undefined;
  /** The target image's history, base image's first. `layer` says which vertex made the entry's layer. */
  readonly history: readonly PlannedHistory[];
}

export interface PlannedHistory {
  readonly entry: HistoryEntry;
  /** The vertex whose layer the entry tells of; undefined for metadata and for the base's own entries. */
  readonly vertex?: VertexId;
}

export interface Vertex {
  readonly id: VertexId;
  readonly op: OpSpec;
  /** As people read it: `[build 2/5] RUN npm ci`. */
  readonly name: string;
  /** The stage that it is a step of; none for what is only copied or mounted from. */
  readonly stage: string | undefined;
  readonly span: Span | undefined;
  readonly platform: Platform;
}

export type OpSpec = BaseSpec | FetchSpec | RunSpec | CopySpec | WorkdirSpec;

/** The snapshot of a base image, or the empty one. */
export interface BaseSpec {
  readonly kind: 'base';
  /** Undefined is `scratch`; otherwise the key of the image in what `resolveImage` returned. */
  readonly image: string | undefined;
}

/** What was fetched, as a snapshot that starts from nothing. */
export interface FetchSpec {
  readonly kind: 'fetch';
  readonly source: RemoteSource;
}

export interface RunSpec {
  readonly kind: 'run';
  readonly input: VertexId;
  /** The whole argument vector, shell included. */
  readonly args: readonly string[];
  /** Files that heredocs become: name under the step's private pipe folder to text. */
  readonly files: readonly {
    readonly name: string;
    readonly text: string;
    readonly mode: number;
  }[];
  /** `NAME=value`; build arguments first, ENV after. */
  readonly env: readonly string[];
  /** Build arguments that are in the step's environment but must not be in its key: proxies. */
  readonly unkeyedEnv: readonly string[];
  readonly cwd: string;
  /** `user[:group]` as written; '' is root. */
  readonly user: string;
  /** Where the user was named, if this Dockerfile does. */
  readonly userSpan?: Span | undefined;
  readonly hostname: string;
  readonly network: 'default' | 'none' | 'host';
  /** With all of the caller's rights inside the sandbox: `--security=insecure`. */
  readonly insecure?: true;
  /** How its author wants it to be reused: no part of a key. */
  readonly cache?: StepCache;
  readonly mounts: readonly MountSpec[];
}

export type MountSpec =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: SourceRef;
      readonly path: string;
      readonly readonly: boolean;
      readonly span: Span;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly from: SourceRef | undefined;
      readonly path: string;
      /** Undefined is the source's own; 0755 and root's where the cache begins empty. */
      readonly mode: number | undefined;
      readonly uid: number | undefined;
      readonly gid: number | undefined;
      readonly readonly: boolean;
      readonly span: Span;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      /** Bytes; undefined is the kernel's default. */
      readonly size: number | undefined;
      readonly span: Span;
    }
  | {
      readonly type: 'secret';
      readonly id: string;
      /** Undefined where only an environment variable is asked for. */
      readonly target: string | undefined;
      readonly env: string | undefined;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly span: Span;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      readonly target: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly span: Span;
    };

/** Where files come from: another vertex's snapshot, the main context, or a named local context. */
export type SourceRef =
  | { readonly kind: 'vertex'; readonly vertex: VertexId }
  | { readonly kind: 'context'; readonly name: string | undefined };

export interface CopySpec {
  readonly kind: 'copy';
  readonly input: VertexId;
  readonly instruction: 'COPY' | 'ADD';
  readonly from: SourceRef;
  /** As written after expansion: may hold wildcards; relative to the source's root. */
  readonly sources: readonly string[];
  /** ADD only: sources that were fetched. */
  readonly fetched: readonly FetchedSource[];
  /** Heredoc bodies that are copied as files. */
  readonly inline: readonly { readonly name: string; readonly text: string }[];
  /** Absolute inside the image; a trailing slash is kept and means a directory. */
  readonly destination: string;
  /** `user[:group]` as written after expansion; undefined is 0:0. */
  readonly chown: string | undefined;
  /** Where that is written. */
  readonly userSpan?: Span | undefined;
  /** As written after expansion: octal or symbolic. */
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  /** ADD only: undefined is the default (local archives are unpacked, remote ones are not). */
  readonly unpack: boolean | undefined;
}

export interface FetchedSource {
  readonly vertex: VertexId;
  /** The file in the vertex's snapshot; '' is everything in it. */
  readonly path: string;
  /** How many of `sources` come before it. */
  readonly position: number;
}

export interface WorkdirSpec {
  readonly kind: 'workdir';
  readonly input: VertexId;
  readonly path: string;
  /** `user[:group]` who owns the directories that are made; '' is root. */
  readonly user: string;
  readonly userSpan?: Span | undefined;
}
