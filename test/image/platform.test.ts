import { expect, test } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { type Descriptor, formatPlatform, MEDIA, type Platform } from '../../image/model.ts';
import { choosePlatform, hostPlatform, parsePlatform, samePlatform } from '../../image/platform.ts';

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/i386', 'linux/386'],
  ['linux/riscv64', 'linux/riscv64'],
  ['arm64', 'linux/arm64'],
  ['macos/arm64', 'darwin/arm64'],
])('%s is %s', (text, normal) => {
  expect(formatPlatform(parsePlatform(text))).toBe(normal);
});

test.each([
  ['', 'write os/architecture or os/architecture/variant, as in linux/arm64'],
  ['linux', 'add the architecture: linux/amd64'],
  ['linux/', 'write os/architecture or os/architecture/variant, as in linux/arm64'],
  ['linux/amd64/v1/x', 'write os/architecture or os/architecture/variant, as in linux/arm64'],
  ['linux/amd 64', 'write os/architecture or os/architecture/variant, as in linux/arm64'],
  ['linux,amd64', 'write os/architecture or os/architecture/variant, as in linux/arm64'],
])('%j is refused with a hint', (text, hint) => {
  expect(() => parsePlatform(text)).toThrow(
    expect.objectContaining({
      code: 'E_PLATFORM_INVALID',
      message: `${JSON.stringify(text)} is not a platform`,
      hint,
    }),
  );
});

test.each([
  ['x64', 'linux/amd64'],
  ['arm64', 'linux/arm64'],
  ['arm', 'linux/arm/v7'],
  ['ia32', 'linux/386'],
  ['ppc64', 'linux/ppc64le'],
  ['s390x', 'linux/s390x'],
  ['riscv64', 'linux/riscv64'],
] as const)('a machine that Node calls %s is %s', (arch, platform) => {
  expect(formatPlatform(hostPlatform(arch))).toBe(platform);
});

test('spellings of one platform are the same platform', () => {
  expect(
    samePlatform(parsePlatform('linux/arm64/v8'), { os: 'linux', architecture: 'aarch64' }),
  ).toBe(true);
  expect(samePlatform(parsePlatform('linux/arm/v6'), parsePlatform('linux/arm/v7'))).toBe(false);
});

// wanted | offered, in the index's order | chosen
test.each([
  ['linux/amd64', 'linux/arm64 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/386 linux/amd64/v2 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/arm64 linux/386', 'linux/386'],
  ['linux/amd64/v3', 'linux/amd64 linux/amd64/v2 linux/amd64/v4', 'linux/amd64/v2'],
  ['linux/amd64', 'linux/amd64/v2 linux/arm64', undefined],
  ['linux/arm64', 'linux/arm/v7 linux/arm64/v8', 'linux/arm64/v8'],
  ['linux/arm64', 'linux/arm/v6 linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm64/v9', 'linux/arm64 linux/amd64', 'linux/arm64'],
  ['linux/arm/v7', 'linux/arm/v5 linux/arm/v6', 'linux/arm/v6'],
  ['linux/arm/v6', 'linux/arm/v7', undefined],
  ['linux/s390x', 'linux/amd64 windows/amd64', undefined],
])('for %s of an index with %s the choice is %s', (wanted, offered, chosen) => {
  const entries = offered.split(' ').map((text) => entry(raw(text)));
  const choose = () => choosePlatform(entries, parsePlatform(wanted), 'app:1');
  if (chosen !== undefined) return expect(choose().platform).toEqual(raw(chosen));
  const there = offered.split(' ').sort().join(', ');
  expect(choose).toThrow(
    expect.objectContaining({
      code: 'E_PLATFORM_NOT_FOUND',
      message: `app:1 has no image for ${wanted}`,
      hint: `it is there for ${there}; --platform chooses another`,
    }),
  );
});

test('attestations are never chosen, nor named', () => {
  const unknown = entry({ os: 'unknown', architecture: 'unknown' });
  const attached = {
    ...entry({ os: 'linux', architecture: 'amd64' }),
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  };
  expect(() => choosePlatform([unknown, attached], parsePlatform('linux/amd64'), 'a')).toThrow(
    expect.objectContaining({
      code: 'E_PLATFORM_NOT_FOUND',
      hint: 'it is there for no platform that it names; --platform chooses another',
    }),
  );
});

test('a lone entry that names no platform is taken', () => {
  const { platform: _, ...lone } = entry({ os: 'linux', architecture: 'amd64' });
  expect(choosePlatform([lone], parsePlatform('linux/arm64'), 'a')).toBe(lone);
});

function raw(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function entry(platform: Platform): Descriptor {
  const digest = sha256(formatPlatform(platform));
  return { mediaType: MEDIA.ociManifest, digest, size: 1, platform };
}
