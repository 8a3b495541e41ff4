// Every code a BuildError can carry, with the exit status of the command that ends by it.
// A code is a promise to scripts: it may be added, never renamed. docs/errors.md lists the same
// codes, and a test holds the two against each other.

/** Exit status: 1 the build or command failed; 2 it was called wrongly. */
export const ERROR_CODES = {
  // grammar: the Dockerfile's text
  E_PARSE: { exit: 1, title: 'The Dockerfile has a line that is not an instruction' },
  E_UNKNOWN_INSTRUCTION: { exit: 1, title: 'There is no such instruction' },
  E_DOCKERFILE_NOT_FOUND: { exit: 1, title: 'The Dockerfile cannot be read' },

  // usage: flags and arguments
  E_USAGE: { exit: 2, title: 'The command was called with wrong words' },
  E_CONTEXT_NOT_FOUND: { exit: 2, title: 'The build context does not exist' },

  // cache: the store on disk
  E_STORE_FORMAT: { exit: 1, title: 'The store was made by another version of slipway' },
  E_STORE_UNUSABLE: { exit: 1, title: 'The store cannot be read or written' },

  // builder: running the steps
  E_COPY_SOURCE: { exit: 1, title: 'A COPY or ADD source does not exist' },
  E_COPY_DESTINATION: { exit: 1, title: 'A COPY or ADD cannot be placed at its destination' },
  E_FILE_CHANGED: { exit: 1, title: 'A file changed while it was read' },
  E_IGNORE_PATTERN: { exit: 1, title: 'An ignore pattern is malformed' },
  E_RUN_FAILED: { exit: 1, title: 'A RUN command failed' },
  E_SANDBOX: { exit: 1, title: 'The sandbox of a RUN step could not be set up' },
  E_ISOLATION: { exit: 1, title: 'This machine offers no isolation for RUN steps' },
  E_RUNNER_MISSING: { exit: 1, title: 'The runner was not built' },
  E_UNKNOWN_USER: { exit: 1, title: 'A user or group is not in the image' },
  E_SECRET_MISSING: { exit: 1, title: 'A required secret was not given' },
  E_OUTPUT: { exit: 1, title: 'An output cannot be written' },

  // anything that slipway knows of and does not do
  E_UNSUPPORTED: { exit: 1, title: 'This is not supported' },
  E_CANCELLED: { exit: 130, title: 'The build was stopped by a signal' },
} as const satisfies Record<string, { exit: number; title: string }>;

/** A stable error code; scripts may match on it. */
export type ErrorCode = keyof typeof ERROR_CODES;
