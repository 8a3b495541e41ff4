// UnpinnedBaseImage, LatestTag and UnpinnedDigest.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import { ownTable } from './own-table.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

ownTable('UnpinnedBaseImage', [
  ['no tag', 'FROM debian\n', 1],
  ['a tag', 'FROM debian:12\n'],
  ['a digest', `FROM debian@${DIGEST}\n`],
  ['a port is no tag', 'FROM localhost:5000/app\n', 1],
  ['scratch', 'FROM scratch\n'],
  ['a stage', 'FROM debian:12 AS a\nFROM a\nFROM A\n'],
  ['a stage further down is none yet', 'FROM b\nFROM debian:12 AS b\n', 1],
  ['a variable, with a default or without', 'ARG B=debian\nFROM $B\nFROM debian${X}\n'],
  ['a copy from an image', 'FROM debian:12\nCOPY --from=ghcr.io/a/b /x /\n', 2],
  ['a copy from an image with a tag', 'FROM debian:12\nCOPY --from=ghcr.io/a/b:1 /x /\n'],
  ['a plain name in a copy may be a context', 'FROM debian:12\nCOPY --from=other /x /\n'],
  ['a mount of an image', 'FROM debian:12\nRUN --mount=from=a/b,target=/x true\n', 2],
  ['two in one file', 'FROM a\nFROM b\n', 1, 2],
  ['turned off above the line', '# check=skip=UnpinnedBaseImage\n\nFROM debian\n'],
  ['turned off for one', 'FROM scratch\n# check=skip=UnpinnedBaseImage\nFROM debian\nFROM b\n', 4],
]);

ownTable('LatestTag', [
  ['latest', 'FROM debian:latest\n', 1],
  ['no tag is another rule', 'FROM debian\n'],
  ['a version', 'FROM debian:12\n'],
  ['with a digest', `FROM debian:latest@${DIGEST}\n`],
  ['by a variable', 'ARG T=latest\nFROM debian:$T\n'],
  ['a copy', 'FROM debian:12\nCOPY --from=ghcr.io/a/uv:latest /uv /bin/\n', 2],
]);

ownTable('UnpinnedDigest', [
  ['a tag', 'FROM debian:12\n', 1],
  ['a digest', `FROM debian@${DIGEST}\n`],
  ['a tag and a digest', `FROM debian:12@${DIGEST}\n`],
  ['by a variable', 'ARG T=12\nFROM debian:$T\n', 2],
  ['scratch and stages', 'FROM scratch AS a\nFROM a\n'],
]);
