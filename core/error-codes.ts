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

  // anything that slipway knows of and does not do
  E_UNSUPPORTED: { exit: 1, title: 'This is not supported' },
  E_CANCELLED: { exit: 130, title: 'The build was stopped by a signal' },
} as const satisfies Record<string, { exit: number; title: string }>;

/** A stable error code; scripts may match on it. */
export type ErrorCode = keyof typeof ERROR_CODES;
