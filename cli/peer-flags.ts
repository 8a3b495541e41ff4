// Flags that docker build, buildx, buildah or kaniko have and slipway does not. None is accepted
// and then ignored: each is refused with what to do instead.

const INERT = 'it has no effect in BuildKit either: leave it out';
const REMOTE_CACHE = 'a cache that several machines share is not there yet';
const ATTESTATION = 'attestations are not made: images are plain manifests';

const HINTS: ReadonlyMap<string, string> = new Map([
  ['--annotation', 'annotations are not written; --label sets labels'],
  ['--attest', ATTESTATION],
  ['--sbom', ATTESTATION],
  ['--provenance', ATTESTATION],
  ['--builder', 'there is no daemon, so there are no builders to choose from'],
  ['--cache-from', REMOTE_CACHE],
  ['--cache-to', REMOTE_CACHE],
  ['--print', 'its name is now --call'],
  ['--compress', INERT],
  ['--rm', INERT],
  ['--force-rm', INERT],
  ['--security-opt', INERT],
  ['--squash', 'layers are not merged; a stage FROM scratch with one COPY --from does it'],
  ['--layers', 'every step is cached: leave it out'],
  ['--format', 'the output says the format: -o type=oci or -o type=docker'],
  ['--destination', 'the name of an image is given by -t, and --push sends it'],
  ['--context', 'the context is the argument of slipway build'],
  ['--dockerfile', 'the Dockerfile is given by -f'],
]);

/** Returns what to do instead of `flag` (with its dashes) where another builder has it, else undefined. */
export function peerFlagHint(flag: string): string | undefined {
  return HINTS.get(flag);
}
