// A RUN that has failed, as its build shows it to the program that embeds it before it ends.

/** Valid while the handler that it was given to runs: so long the step's mounts are held. */
export interface FailedRun {
  /** The step's vertex, as events name it. */
  readonly id: number;
  /** `[build 2/5] RUN npm ci`. */
  readonly step: string;
  readonly command: string;
  /** `exit code: 7`, or why there is none. */
  readonly how: string;
  /**
   * Opens a shell on the terminal of this process (descriptors 0 and 1), in what the step has left behind and with
   * all that it had; nothing of what is done there is kept, but in its cache mounts. `term` is the terminal's kind, as TERM has it.
   * Throws E_SANDBOX and the like, E_CANCELLED.
   */
  openShell(term: string | undefined): Promise<void>;
}

/** Waited for before the step ends with its failure. */
export type FailedRunHandler = (failed: FailedRun) => Promise<void>;
