// Rules about FROM lines: when each speaks up and when it does not. The facts are those of BuildKit's own
// tests (frontend/dockerfile/dockerfile_check_test.go), and what follows from how it decides.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import { buildArgs, table } from './rule-table.ts';

table('UndefinedArgInFrom', [
  { is: 'declared with a value', text: ['ARG base=scratch', 'FROM $base'] },
  {
    is: 'a platform argument declared',
    text: ['ARG BUILDPLATFORM=linux/amd64', 'FROM --platform=$BUILDPLATFORM scratch'],
  },
  { is: 'a platform argument', text: ['FROM --platform=$BUILDPLATFORM scratch'] },
  { is: 'declared without a value', text: ['ARG DEBUG', 'FROM scratch${DEBUG}'] },
  { is: 'with a word for when it is unset', text: ['ARG DEBUG', 'FROM scra${DEBUG:-tch}'] },
  { is: 'declared empty', text: ['ARG DEBUG=""', 'FROM scratch${DEBUG-@bogus}'] },
  {
    is: 'a slip in a platform argument',
    text: ['FROM --platform=$BULIDPLATFORM scratch'],
    finds: [1],
  },
  {
    is: 'a part of the platform',
    text: ['ARG MY_OS=linux', 'ARG MY_ARCH=amd64', 'FROM --platform=linux/${MYARCH} busybox'],
    finds: [3],
  },
  {
    is: 'a part of the image',
    text: ['ARG tag=latest', 'FROM busybox:${tag}${version} AS b'],
    finds: [2],
  },
  { is: 'an ARG of a stage', text: ['FROM scratch', 'ARG v=1', 'FROM busybox$v'], finds: [3] },
  {
    is: 'a given argument that is not declared',
    text: ['FROM a$v'],
    options: buildArgs({ v: 'x' }),
    finds: [1],
  },
]);

const arm64 = { os: 'linux', architecture: 'arm64' };

table('InvalidBaseImagePlatform', [
  {
    is: 'another architecture',
    text: ['', 'FROM a', 'ENV foo=bar'],
    bases: { a: arm64 },
    finds: [2],
  },
  { is: 'the same', text: ['FROM a'], bases: { a: arm64 }, options: { platform: arm64 } },
  { is: 'another variant', text: ['FROM a'], bases: { a: { variant: 'v7' } } },
  {
    is: 'the platform of the FROM counts',
    text: ['FROM --platform=$BUILDPLATFORM a'],
    bases: { a: arm64 },
    options: { buildPlatform: arm64 },
  },
  { is: 'an image that nobody looked up', text: ['FROM a'] },
  {
    is: 'COPY --from is not asked',
    text: ['FROM scratch', 'COPY --from=a /x /'],
    bases: { a: arm64 },
  },
  {
    is: 'a named context is not asked',
    text: ['FROM b'],
    bases: { a: arm64 },
    options: { namedContexts: new Map([['b', 'docker-image://a']]) },
  },
]);

table('RedundantTargetPlatform', [
  { is: 'as a name', text: ['FROM --platform=$TARGETPLATFORM scratch'], finds: [1] },
  { is: 'in braces', text: ['FROM --platform=${TARGETPLATFORM} scratch'], finds: [1] },
  { is: 'the build platform', text: ['FROM --platform=$BUILDPLATFORM scratch'] },
  { is: 'put together of others', text: ['FROM --platform=$TARGETOS/$TARGETARCH scratch'] },
]);

table('InvalidDefaultArgInFrom', [
  {
    is: 'no tag',
    text: ['ARG VERSION', 'FROM busybox:$VERSION'],
    options: buildArgs({ VERSION: 'latest' }),
    finds: [2],
  },
  {
    is: 'no name',
    text: ['ARG IMAGE', 'FROM $IMAGE'],
    options: buildArgs({ IMAGE: 'busybox' }),
    finds: [2],
  },
  {
    is: 'an open tag',
    text: ['ARG SFX="box:"', 'FROM busy${SFX}'],
    options: buildArgs({ SFX: 'box:latest' }),
    finds: [2],
  },
  {
    is: 'a default',
    text: ['ARG VERSION="latest"', 'FROM busybox:${VERSION}'],
    options: buildArgs({ VERSION: 'latest' }),
  },
  {
    is: 'an empty part',
    text: ['ARG V=""', 'FROM busybox:stable${V}'],
    options: buildArgs({ V: '-musl' }),
  },
  {
    is: 'an unset part',
    text: ['ARG V', 'FROM busybox:stable${V}'],
    options: buildArgs({ V: '-musl' }),
  },
  { is: 'a stage', text: ['FROM scratch AS a', 'FROM a'] },
]);

table('FromPlatformFlagConstDisallowed', [
  { is: 'a constant', text: ['FROM --platform=linux/amd64 scratch'], finds: [1] },
  {
    is: 'the architecture in the name',
    text: ['FROM --platform=linux/amd64 scratch AS my_amd64_stage'],
  },
  { is: 'the system in the name', text: ['FROM --platform=linux/amd64 scratch AS linux'] },
  { is: 'neither in the name', text: ['FROM --platform=linux/amd64 scratch AS x86'], finds: [1] },
  { is: 'another spelling', text: ['FROM --platform=linux/x86_64 scratch AS amd64'] },
  { is: 'a variable', text: ['ARG p=linux/amd64', 'FROM --platform=$p scratch'] },
]);
