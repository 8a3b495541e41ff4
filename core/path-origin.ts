// Who brought a path into the tree that a step was run on: a base image, a COPY, or a command.

export interface PathOrigin {
  /** In the tree that the step was run on, without a slash in front. */
  readonly path: string;
  readonly how: 'base' | 'copied' | 'written' | 'removed';
  /** The step that did, as it is shown, and where it stands: `Dockerfile:7`. */
  readonly step: string;
  readonly place?: string | undefined;
  /** Of a file that was copied: where it came from, and the path there. Where that is a stage, who brought it into that. */
  readonly from?:
    | {
        readonly source: string;
        readonly path: string;
        readonly before?: PathOrigin | undefined;
      }
    | undefined;
}
