// Random Dockerfiles linted by slipway and by BuildKit itself, where its daemon is installed: the same
// rules at the same lines.

import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { lint } from '../../builder/lint/lint.ts';
import { REFERENCE_RULES } from '../../builder/lint/reference-rules.ts';
import { hasProgram, requires } from '../support/requires.ts';
import { seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';

/** Rules that some versions of BuildKit lack, with what makes each speak. */
const YOUNG: Readonly<Record<string, string>> = {
  ExposeProtoCasing: 'EXPOSE 80/TCP',
  ExposeInvalidFormat: 'EXPOSE 1:80',
  FromPlatformFlagConstDisallowed: 'FROM --platform=linux/amd64 scratch',
  SecretsUsedInArgOrEnv: 'ENV my_key=1',
};

test('slipway finds what BuildKit finds', { timeout: 300_000 }, async (context) => {
  const peer = await openBuildkit(context);
  const known = new Set(peer(`FROM scratch\n${Object.values(YOUNG).join('\n')}\n`).map(ruleOf));
  const missing = Object.keys(YOUNG).filter((rule) => !known.has(rule));
  const random = seededRandom('lint differential');
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T;
  let compared = 0;
  for (let i = 0; i < 250; i++) {
    const text = dockerfile(pick, random.int);
    const own = lint({ name: 'Dockerfile', text }, { rules: REFERENCE_RULES });
    if (own.errors.length > 0 || own.missing.length > 0) continue;
    const ours = own.findings.map(({ rule, lines }) => `${rule.name}:${lines.first}`);
    // Without arguments given, such a base is an error, after which BuildKit looks no further.
    if (ours.some((finding) => ruleOf(finding) === 'InvalidDefaultArgInFrom')) continue;
    const shared = ours.filter((finding) => !missing.includes(ruleOf(finding)));
    expect(shared.sort(), text).toEqual(peer(text).sort());
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});

function ruleOf(finding: string): string {
  return finding.split(':')[0] ?? '';
}

/** Returns BuildKit's linter: from a Dockerfile to `RULE:LINE`s. */
async function openBuildkit(context: TestContext): Promise<(text: string) => string[]> {
  // No package has it, so that its lack is no failure even where nothing may be skipped.
  const there = hasProgram('buildkitd') && hasProgram('buildctl') && process.getuid?.() === 0;
  if (!there) context.skip('this machine lacks buildkitd, buildctl or root');
  const folder = tmpDir();
  const address = `unix://${join(folder, 'buildkitd.sock')}`;
  const places = ['--root', join(folder, 'root'), '--addr', address];
  const daemon = spawn('buildkitd', [...places, '--containerd-worker=false'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  onTestFinished(async () => {
    daemon.kill();
    await ended;
  });
  const buildctl = (...args: string[]) =>
    spawnSync('buildctl', ['--addr', address, ...args], { encoding: 'utf8' });
  for (let tries = 0; buildctl('debug', 'workers').status !== 0; tries++) {
    requires(context, tries < 100, 'a BuildKit daemon that starts');
    await sleep(100);
  }
  return (text) => {
    writeFileSync(join(folder, 'Dockerfile'), text);
    const where = ['context', 'dockerfile'].flatMap((name) => ['--local', `${name}=${folder}`]);
    const options = ['requestid=frontend.lint', 'frontend.caps=moby.buildkit.frontend.subrequests'];
    const asked = options.flatMap((option) => ['--opt', option]);
    const { stdout, stderr } = buildctl(
      ...['build', '--progress=plain', '--frontend', 'dockerfile.v0'],
      ...where,
      ...asked,
    );
    const found = (stdout + stderr).matchAll(/^WARNING: (\w+)(?: - \S+)?\n.*\nDockerfile:(\d+)/gm);
    return [...found].map(([, rule, line]) => `${rule}:${line}`);
  };
}

type Pick = <T>(list: readonly T[]) => T;

/** A Dockerfile of some stages; each line is one that some rule looks at. */
function dockerfile(pick: Pick, int: (below: number) => number): string {
  const lines = int(3) === 0 ? [pick(['# check=skip=all', '# check=skip=UndefinedVar'])] : [];
  for (let count = int(3); count > 0; count--) lines.push(pick(GLOBALS));
  for (let stages = int(3) + 1; stages > 0; stages--) {
    lines.push(pick(FROMS));
    for (let count = int(7); count > 0; count--) {
      lines.push(pick(LINES).replaceAll('%', () => pick(VALUES)));
    }
  }
  return lines.join('\n') + (int(2) === 0 ? '\n' : '');
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's
const VALUES = ['$a', '${b}', '$c', '${d:-x}', '$PATH', '$TARGETPLATFORM', '$http_proxy', 'lit'];

const GLOBALS = ['ARG g=scratch', 'ARG g', 'arg h', 'ARG g=$h', 'ARG q', '# g it is', 'ARG b=1'];

const FROMS = [
  'FROM scratch',
  'FROM scratch AS a',
  'from scratch as B',
  'FROM scratch as x1',
  'FROM a',
  'FROM x1 AS b',
  'From scratch AS c',
  'FROM --platform=$TARGETPLATFORM scratch',
  'FROM --platform=linux/amd64 scratch AS p',
  'FROM --platform=linux/arm64 scratch AS arm',
  'FROM --platform=$BUILDPLATFORM scratch AS context',
  'FROM --platform=linux/$TARGETARCH scratch',
  'FROM $g',
  'FROM ${h:-scratch}',
  'FROM --platform=linux/${q:-amd64} scratch',
];

const LINES = [
  ...[
    'ENV a=% b=%',
    'ENV K % %',
    'ARG a',
    'ARG b=%',
    'ARG a=% c=%',
    'LABEL x=% y="%"',
    'label k %',
  ],
  ...['COPY % /%', 'COPY --chown=% Dockerfile %', 'ADD % % /x/', 'copy % .', 'COPY <<E /h\n%\nE'],
  ...["COPY <<'E' /h\n%\nE", 'CMD x', 'CMD ["x"]', 'cmd x', 'ENTRYPOINT y', 'ENTRYPOINT ["x"]'],
  ...[
    'HEALTHCHECK CMD x',
    'HEALTHCHECK NONE',
    'SHELL ["/b"]',
    'WORKDIR %',
    'WORKDIR /%',
    'WorkDir r',
  ],
  ...['USER %', 'VOLUME % /z', 'VOLUME ["%"]', 'STOPSIGNAL ${s:-9}', 'MAINTAINER me', 'RUN echo %'],
  ...[
    'RUN --mount=type=cache,target=/% ["x"]',
    'ONBUILD CMD x',
    'ONBUILD ENV a %',
    'EXPOSE 80/TCP',
  ],
  ...[
    'LABEL a=1 \\\n\n b=%',
    'LABEL a=1 \\\n# c\n b=% \\\n \n c=2',
    'EXPOSE 1:80 %',
    'ENV my_key=%',
  ],
  ...['ARG my_token', '# a is a', '# x', '#', ''],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's
