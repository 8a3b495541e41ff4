// Every code a BuildError can carry, with the exit status of the command that ends by it.
// A code is a promise to scripts: it may be added, never renamed. docs/errors.md lists the same
// codes, and a test holds the two against each other.

/** Exit status: 1 the build or command failed; 2 it was called wrongly. */
export const ERROR_CODES = {
  // grammar: the Dockerfile's text
  E_PARSE: { exit: 1, title: 'The Dockerfile has a line that is not an instruction' },
  E_UNKNOWN_INSTRUCTION: { exit: 1, title: 'There is no such instruction' },
  E_DOCKERFILE_NOT_FOUND: { exit: 1, title: 'The Dockerfile cannot be read' },
  E_EMPTY_DOCKERFILE: { exit: 1, title: 'The Dockerfile has no instructions' },
  E_DIRECTIVE: { exit: 1, title: 'A directive is wrong' },
  E_HEREDOC: { exit: 1, title: 'A heredoc is wrong or has no end' },

  // plan: what the instructions ask for
  E_FLAG_UNKNOWN: { exit: 1, title: 'An instruction has no such flag' },
  E_FLAG_DUPLICATE: { exit: 1, title: 'A flag is given twice' },
  E_FLAG_VALUE: { exit: 1, title: 'A flag has a wrong value' },
  E_ARGUMENTS: { exit: 1, title: 'An instruction has wrong arguments' },
  E_MOUNT: { exit: 1, title: 'A RUN mount is wrong' },
  E_EXPANSION: { exit: 1, title: 'A variable cannot be expanded' },
  E_BASE_IMAGE: { exit: 1, title: 'A FROM names no usable base' },
  E_STAGE: { exit: 1, title: 'A stage is named or referred to wrongly' },
  E_TARGET_NOT_FOUND: { exit: 1, title: 'The Dockerfile has no such target stage' },
  E_ONBUILD: { exit: 1, title: 'An ONBUILD trigger of a base image cannot be used' },

  // lint
  E_LINT: { exit: 1, title: 'The Dockerfile asks for findings to be errors, and there are some' },

  // usage: flags and arguments
  E_USAGE: { exit: 2, title: 'The command was called with wrong words' },
  E_CONTEXT_NOT_FOUND: { exit: 2, title: 'The build context does not exist' },
  E_CONTEXT_ESCAPE: { exit: 1, title: 'A file of the build context leads outside it' },

  // cache: the store on disk
  E_STORE_FORMAT: { exit: 1, title: 'The store was made by another version of slipway' },
  E_STORE_CORRUPT: { exit: 1, title: 'The store lost or changed something that it should hold' },
  E_RECORD_NOT_FOUND: { exit: 1, title: 'There is no such record in the cache' },
  E_BUILD_NOT_FOUND: {
    exit: 1,
    title: 'There is no such build in the history, or no such step in it',
  },
  E_CACHE_ARCHIVE: {
    exit: 1,
    title: 'What is to be imported is not an exported cache, or damaged',
  },
  E_CACHE_MOUNT: { exit: 1, title: 'There is no such cache mount, or a step has it' },
  E_STORE_UNUSABLE: { exit: 1, title: 'The store cannot be read or written' },

  // builder: running the steps
  E_COPY_SOURCE: { exit: 1, title: 'A COPY or ADD source does not exist' },
  E_COPY_MODE: { exit: 1, title: 'A --chmod value is not a mode' },
  E_COPY_DESTINATION: { exit: 1, title: 'A COPY or ADD cannot be placed at its destination' },
  E_FILE_CHANGED: { exit: 1, title: 'A file changed while it was read' },
  E_IGNORE_PATTERN: { exit: 1, title: 'An ignore pattern is malformed' },
  E_RUN_FAILED: { exit: 1, title: 'A RUN command failed' },
  E_SANDBOX: { exit: 1, title: 'The sandbox of a RUN step could not be set up' },
  E_ISOLATION: { exit: 1, title: 'This machine offers no isolation for RUN steps' },
  E_RUNNER_MISSING: { exit: 1, title: 'The runner was not built' },
  E_UNKNOWN_USER: { exit: 1, title: 'A user or group is not in the image' },
  E_SECRET_MISSING: { exit: 1, title: 'A required secret was not given' },
  E_LIMIT: { exit: 1, title: 'A limit of a RUN step cannot be set here' },
  E_STEP_TIMEOUT: { exit: 1, title: 'A RUN step took longer than --step-timeout allows' },
  E_ENTITLEMENT: { exit: 1, title: 'A RUN step asks for rights that the caller did not allow' },
  E_SSH_AGENT: { exit: 1, title: 'An SSH agent for a RUN step is not there or cannot be used' },
  E_OUTPUT: { exit: 1, title: 'An output cannot be written' },

  // image: names, media (layout, archive, registry) and blobs
  E_BLOB_CORRUPT: { exit: 1, title: 'A blob is not what its digest says' },
  E_BLOB_MISSING: { exit: 1, title: 'A blob is not there' },
  E_DIGEST_MISMATCH: {
    exit: 1,
    title: 'Bytes that came in do not have the digest that was promised',
  },
  E_REFERENCE_INVALID: { exit: 2, title: 'An image name is malformed' },
  E_PLATFORM_INVALID: { exit: 2, title: 'A platform is malformed' },
  E_PLATFORM_NOT_FOUND: { exit: 1, title: 'The image does not exist for the platform' },
  E_IMAGE_NOT_FOUND: { exit: 1, title: 'There is no such image' },
  E_IMAGE_INVALID: { exit: 1, title: 'A manifest or an image config is malformed' },
  E_LAYOUT_INVALID: { exit: 1, title: 'A folder is not an OCI image layout' },
  E_ARCHIVE_INVALID: { exit: 1, title: 'A file is not an image archive' },
  E_ARCHIVE_TRUNCATED: { exit: 1, title: 'An image archive ends too early' },
  E_REGISTRY: { exit: 1, title: 'A registry answered with an error' },
  E_REGISTRY_AUTH: { exit: 1, title: 'A registry refused the credentials, or wants some' },
  E_REGISTRY_RATE_LIMIT: { exit: 1, title: 'A registry refused for now: too many requests' },
  E_REGISTRY_TLS: { exit: 1, title: 'The connection to a registry cannot be trusted' },
  E_REGISTRY_UNREACHABLE: { exit: 1, title: 'A registry cannot be reached' },

  // layers: tars, trees and the runner's entry stream
  E_LAYER_INVALID: { exit: 1, title: 'A layer or tar archive is malformed or unsafe' },
  E_LAYER_TRUNCATED: { exit: 1, title: 'A layer or tar archive ends too early' },
  E_LAYER_LIMIT: { exit: 1, title: 'A layer or tar archive is larger than the limits allow' },
  E_TREE_MISSING: { exit: 1, title: 'A directory object is not in the store' },
  E_SYMLINK_LOOP: { exit: 1, title: 'A path leads through too many symbolic links' },
  E_RUNNER_PROTOCOL: { exit: 1, title: 'The runner broke its protocol' },

  // remote sources: ADD and contexts from the network
  E_REMOTE_ADDRESS: { exit: 1, title: 'The address of a remote source is malformed' },
  E_REMOTE_CHECKSUM: { exit: 1, title: 'A remote source is not what its checksum says' },
  E_FETCH: { exit: 1, title: 'A remote source cannot be fetched' },
  E_GIT: { exit: 1, title: 'A git repository cannot be used' },
  E_GIT_MISSING: { exit: 1, title: 'The program git is not there' },

  // anything that slipway knows of and does not do, and what the system refuses anywhere
  E_UNSUPPORTED: { exit: 1, title: 'This is not supported' },
  E_SYSTEM: { exit: 1, title: 'The system refused an operation' },
  E_CANCELLED: { exit: 130, title: 'The build was stopped by a signal' },
} as const satisfies Record<string, { exit: number; title: string }>;

/** A stable error code; scripts may match on it. */
export type ErrorCode = keyof typeof ERROR_CODES;
