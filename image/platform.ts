// Platforms: `os/architecture[/variant]`, their other spellings, and which of an index's entries
// suits one. The spellings and the order of what is compatible are those of the reference builder:
// https://github.com/containerd/platforms (database.go, compare.go).

import { BuildError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';
import { type Descriptor, formatPlatform, type Platform } from './model.ts';

const WORD = /^[A-Za-z0-9_.-]+$/;
const KNOWN_SYSTEMS = new Set(['linux', 'windows', 'darwin', 'freebsd', 'macos']);
const KNOWN_ARCHITECTURES = new Set(
  '386 amd64 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

/** Parses the form of `--platform`, `linux/arm64/v8`; a lone architecture (`arm64`) is one of linux. Throws E_PLATFORM_INVALID. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || !parts.every((part) => WORD.test(part))) {
    throw invalid(text, 'write os/architecture or os/architecture/variant, as in linux/arm64');
  }
  const [first = '', architecture, variant] = parts;
  if (architecture === undefined) {
    if (KNOWN_SYSTEMS.has(first.toLowerCase()))
      throw invalid(text, `add the architecture: ${first}/amd64`);
    const platform = normalizePlatform({ os: 'linux', architecture: first });
    if (KNOWN_ARCHITECTURES.has(platform.architecture)) return platform;
    throw invalid(text, `there is no architecture ${safeText(first)}; write it as linux/arm64`);
  }
  return normalizePlatform({
    os: first,
    architecture,
    ...(variant === undefined ? {} : { variant }),
  });
}

/** Returns `platform` in the one spelling that all others become: `x86_64` is `amd64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    (platform.variant ?? '').toLowerCase(),
  );
  const version = platform['os.version'];
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  };
}

/** The platform of a linux machine whose `process.arch` is `arch`. */
export function hostPlatform(arch: NodeJS.Architecture): Platform {
  return normalizePlatform({ os: 'linux', architecture: NODE_ARCHITECTURES[arch] ?? arch });
}

/** True where both mean the same platform, whatever their spelling. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b));
}

/**
 * Returns the entry of an index that suits `wanted` best: the same platform, else the nearest
 * that runs on it. Attestations are passed over. Throws E_PLATFORM_NOT_FOUND, naming what there is;
 * `name` is the image's, for the message.
 */
export function choosePlatform(
  manifests: readonly Descriptor[],
  wanted: Platform,
  name: string,
): Descriptor {
  const images = manifests.filter((entry) => !isAttestation(entry));
  for (const acceptable of compatiblePlatforms(normalizePlatform(wanted))) {
    const found = images.find(
      ({ platform }) =>
        platform !== undefined && samePlatform(withoutVersion(platform), acceptable),
    );
    if (found !== undefined) return found;
  }
  const [only] = images;
  if (only !== undefined && images.length === 1 && only.platform === undefined) return only;
  throw notFound(images, wanted, name);
}

/** True for the manifests that builders put beside an image's own: provenance, SBOMs. */
export function isAttestation({ platform, annotations, artifactType }: Descriptor): boolean {
  return (
    (platform?.os === 'unknown' && platform.architecture === 'unknown') ||
    annotations?.['vnd.docker.reference.type'] !== undefined ||
    artifactType !== undefined
  );
}

const NODE_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: '386',
  // Node names both byte orders alike; the big-endian one has no images.
  ppc64: 'ppc64le',
  loong64: 'loong64',
  mipsel: 'mipsle',
};

function normalizeArchitecture(architecture: string, variant: string): [string, string] {
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      return ['arm64', ['8', 'v8', 'v8.0'].includes(variant) ? '' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      return ['arm', variant === '' ? 'v7' : variant.replace(/^(?=[5-8]$)/, 'v')];
    default:
      return [architecture, variant];
  }
}

/** What runs on `platform`, best first. */
function* compatiblePlatforms(platform: Platform): Iterable<Platform> {
  const { os, architecture, variant = '' } = platform;
  yield withoutVersion(platform);
  const version = /^v[0-9]$/.test(variant) ? Number(variant.slice(1)) : 0;
  if (architecture === 'amd64') {
    for (let older = version - 1; older >= 1; older--) yield variantOf(os, 'amd64', older);
    yield { os, architecture: '386' };
  } else if (architecture === 'arm64') {
    if (variant !== '') yield { os, architecture };
    for (let older = 8; older >= 5; older--) yield variantOf(os, 'arm', older);
  } else if (architecture === 'arm') {
    for (let older = version - 1; older >= 5; older--) yield variantOf(os, 'arm', older);
  }
}

function variantOf(os: string, architecture: string, version: number): Platform {
  return normalizePlatform({ os, architecture, variant: `v${version}` });
}

function withoutVersion({ 'os.version': _, ...platform }: Platform): Platform {
  return platform;
}

function notFound(images: readonly Descriptor[], wanted: Platform, name: string): BuildError {
  const known = images.flatMap(({ platform }) =>
    platform ? [safeText(formatPlatform(platform))] : [],
  );
  const there =
    known.length === 0 ? 'no platform that it names' : [...new Set(known)].sort().join(', ');
  return new BuildError(
    'E_PLATFORM_NOT_FOUND',
    `${safeText(name)} has no image for ${formatPlatform(wanted)}`,
    { hint: `it is there for ${there}; --platform chooses another` },
  );
}

function invalid(text: string, hint: string): BuildError {
  return new BuildError(
    'E_PLATFORM_INVALID',
    `${safeText(JSON.stringify(text))} is not a platform`,
    { hint },
  );
}
