// Build arguments that speak to the builder itself: BUILDKIT_*. Those that mean something here are read
// or refused; none is a variable of a step unless an ARG declares it.
// https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args

import { BuildError } from '../../../core/errors.ts';

type BuildArgs = ReadonlyMap<string, string>;

const DEFAULT_HOSTNAME = 'buildkitsandbox';
const HOSTNAME = 'BUILDKIT_SANDBOX_HOSTNAME';

/**
 * Refuses what would have to change the result and does not. The rest of the reference's is harmless:
 * BUILDKIT_SYNTAX (no frontend is ever run), BUILDKIT_BUILD_NAME and BUILDKIT_INLINE_CACHE (other
 * programs read them), BUILDKIT_SBOM_SCAN_* (for attestations, which nobody asked for).
 * Throws E_USAGE, E_UNSUPPORTED.
 */
export function checkBuilderArgs(buildArgs: BuildArgs): void {
  sandboxHostname(buildArgs);
  if (readBool(buildArgs, 'BUILDKIT_MULTI_PLATFORM')) {
    throw refused('BUILDKIT_MULTI_PLATFORM', 'a build makes one image, without an index around it');
  }
  if (readBool(buildArgs, 'BUILDKIT_DISABLE_FILEOP')) {
    throw refused('BUILDKIT_DISABLE_FILEOP', 'leave it out, as BuildKit itself asks since 0.11');
  }
  for (const name of ['BUILDKIT_ATTEST_SBOM', 'BUILDKIT_ATTEST_PROVENANCE']) {
    const value = buildArgs.get(name);
    if (value === undefined || /^(?:|false|0|disabled=true)$/.test(value)) continue;
    throw refused(name, 'no attestations are made');
  }
}

/** The name of the machine that RUN steps see. Throws E_USAGE where it is none. */
export function sandboxHostname(buildArgs: BuildArgs): string {
  const name = buildArgs.get(HOSTNAME) || DEFAULT_HOSTNAME;
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name)) return name;
  throw new BuildError('E_USAGE', `${HOSTNAME} cannot be ${JSON.stringify(name)}`, {
    hint: 'a host name has up to 64 letters, digits, dots and hyphens',
  });
}

/** What keeps the cache mounts of this build apart from those of others, or ''. */
export function cacheNamespace(buildArgs: BuildArgs): string {
  return buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? '';
}

/** As Go's strconv.ParseBool; '' is false. */
function readBool(buildArgs: BuildArgs, name: string): boolean {
  const value = buildArgs.get(name) ?? '';
  if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:|0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new BuildError('E_USAGE', `${name} is true or false, not ${JSON.stringify(value)}`);
}

function refused(name: string, hint: string): BuildError {
  return new BuildError('E_UNSUPPORTED', `the build argument ${name} is not supported`, { hint });
}
