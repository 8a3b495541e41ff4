// What is wrong in a Dockerfile, through the real program: the exit status, the code, the place, and words
// that help. Nothing of a failed build is tagged or left in the store's temporaries.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUSYBOX, busyboxContext, contextOf, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Case {
  readonly what: string;
  readonly dockerfile: string | Buffer;
  readonly flags?: readonly string[];
  readonly code: string;
  /** `line:column`; undefined where no line is to blame. */
  readonly place?: string;
  readonly says: string;
}

const WITHOUT_STEPS: readonly Case[] = [
  {
    what: 'an unknown instruction',
    dockerfile: 'FROM scratch\nCOPPY a /b\n',
    code: 'E_UNKNOWN_INSTRUCTION',
    place: '2:1',
    says: 'there is no instruction "COPPY"|Did you mean COPY?',
  },
  {
    what: 'an unknown flag',
    dockerfile: 'FROM scratch\nCOPY --chwon=1 a /b\n',
    code: 'E_FLAG_UNKNOWN',
    place: '2:6',
    says: 'COPY has no flag --chwon|Did you mean --chown?',
  },
  {
    what: 'an unknown target',
    dockerfile: 'FROM scratch AS build\n',
    flags: ['--target', 'biuld'],
    code: 'E_TARGET_NOT_FOUND',
    says: 'there is no stage "biuld"|Did you mean build?',
  },
  {
    what: 'a stage that comes later',
    dockerfile: 'FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\n',
    flags: ['--target', 'a'],
    code: 'E_STAGE',
    place: '2:13',
    says: 'the stage b is used before it is defined|Move its FROM above',
  },
  {
    what: 'a missing COPY source',
    dockerfile: 'FROM scratch\nCOPY nothere /x\n',
    code: 'E_COPY_SOURCE',
    place: '2:1',
    says: '"nothere" is not in the build context|paths are relative to the root',
  },
  {
    what: 'a COPY source outside of the context',
    dockerfile: 'FROM scratch\nCOPY ../../etc/passwd /x\n',
    code: 'E_COPY_SOURCE',
    place: '2:1',
    says: 'is not in the build context',
  },
  {
    what: 'a base that is nowhere',
    dockerfile: 'FROM localhost:1/x\n',
    code: 'E_REGISTRY_UNREACHABLE',
    place: '1:6',
    says: 'localhost:1 cannot be reached: it refuses connections; the local store has no localhost:1/x:latest|check the network',
  },
  {
    what: 'an image that is nowhere in COPY --from',
    dockerfile: 'FROM scratch\nCOPY --from=localhost:1/x a /\n',
    code: 'E_REGISTRY_UNREACHABLE',
    place: '2:13',
    says: 'localhost:1 cannot be reached',
  },
  {
    what: 'a base without a name',
    dockerfile: 'FROM $BASE\n',
    code: 'E_BASE_IMAGE',
    place: '1:6',
    says: 'the base image $BASE is empty|BASE is not set',
  },
  {
    what: 'an empty Dockerfile',
    dockerfile: '# nothing\n\n',
    code: 'E_EMPTY_DOCKERFILE',
    place: '3:1',
    says: 'the Dockerfile has no instructions|FROM scratch',
  },
  {
    what: 'a NUL',
    dockerfile: 'FROM scratch\nLABEL a=\0b\n',
    code: 'E_PARSE',
    place: '2:9',
    says: 'the Dockerfile holds a NUL character',
  },
  {
    what: 'an unknown mount type',
    dockerfile: 'FROM scratch\nRUN --mount=type=bnd x\n',
    code: 'E_MOUNT',
    place: '2:13',
    says: 'type cannot be "bnd"|Did you mean bind?',
  },
  {
    what: 'a malformed --chmod',
    dockerfile: 'FROM scratch\nCOPY --chmod=99 Dockerfile /\n',
    code: 'E_FLAG_VALUE',
    place: '2:14',
    says: '--chmod cannot be "99"',
  },
  {
    what: 'a --chown of a user in an empty image',
    dockerfile: 'FROM scratch\nCOPY --chown=someone Dockerfile /\n',
    code: 'E_UNKNOWN_USER',
    place: '2:14',
    says: 'there is no user "someone" in an empty image|or give the owner by number',
  },
];

const WITH_STEPS: readonly Case[] = [
  {
    what: 'a RUN that fails',
    dockerfile: 'RUN exit 7\n',
    code: 'E_RUN_FAILED',
    place: '4:1',
    says: '"/bin/sh -c exit 7" did not complete successfully: exit code: 7',
  },
  {
    what: 'a RUN of a program that the shell does not find',
    dockerfile: 'RUN nosuchprogram\n',
    code: 'E_RUN_FAILED',
    place: '4:1',
    says: 'nosuchprogram: not found|exit code: 127',
  },
  {
    what: 'a RUN of a program that is not there',
    dockerfile: 'RUN ["nosuchprogram", "--all"]\n',
    code: 'E_RUN_FAILED',
    place: '4:1',
    says: '"nosuchprogram --all" did not complete successfully: nosuchprogram was not found in PATH',
  },
  {
    what: 'a RUN that dies of a signal',
    dockerfile: 'RUN kill -9 $$\n',
    code: 'E_RUN_FAILED',
    place: '4:1',
    says: 'killed by signal SIGKILL',
  },
  {
    what: 'a user that the image has not',
    dockerfile: 'USER someone\nRUN id\n',
    code: 'E_UNKNOWN_USER',
    place: '4:6',
    says: 'the image has no user "someone"',
  },
  {
    what: 'a WORKDIR through a file',
    dockerfile: 'RUN touch /f\nWORKDIR /f/x\nRUN pwd\n',
    code: 'E_COPY_DESTINATION',
    place: '5:1',
    says: '/f is not a directory',
  },
  {
    what: 'a COPY through a file',
    dockerfile: 'RUN touch /f\nCOPY Dockerfile /f/x\n',
    code: 'E_COPY_DESTINATION',
    place: '5:1',
    says: '/f/x cannot be made: /f is not a directory',
  },
];

test.for(WITHOUT_STEPS)('$what', (bad) => {
  const home = tmpDir();
  const folder = contextOf({ Dockerfile: '' });
  refused(home, folder, bad, bad.dockerfile);
});

test('failures of steps', (context) => {
  const home = tmpDir();
  const folder = busyboxContext(context, {});
  for (const bad of WITH_STEPS) refused(home, folder, bad, `${BUSYBOX}${bad.dockerfile}`);
});

test('the exit code of a RUN is in the metadata file, and no id is written', (context) => {
  const home = tmpDir();
  const folder = busyboxContext(context, {});
  const [meta, id] = [join(folder, 'meta'), join(folder, 'id')];
  for (const [run, exitCode] of [
    ['exit 42', 42],
    ['["/none"]', 127],
    ['kill -TERM $$', 143],
  ] as const) {
    writeFileSync(join(folder, 'Dockerfile'), `${BUSYBOX}RUN ${run}\n`);
    writeFileSync(id, 'of an earlier build');
    const flags = ['--iidfile', id, '--metadata-file', meta];
    expect(slipway(home, ['build', '-q', ...flags, folder]).status).toBe(1);
    expect(JSON.parse(readFileSync(meta, 'utf8'))).toEqual({
      'slipway.error': expect.objectContaining({ code: 'E_RUN_FAILED', exitCode, line: 4 }),
      'slipway.exitCode': exitCode,
    });
    expect(readdirSync(folder)).not.toContain('id');
  }
});

test('bytes that are no UTF-8 reach the step as they are', (context) => {
  const folder = busyboxContext(context, {});
  const dockerfile = Buffer.from(`# caf\xe9\n${BUSYBOX}RUN printf 'caf\xe9' > /out\n`, 'latin1');
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  const out = join(folder, 'out');
  expect(slipway(tmpDir(), ['build', '-q', '-o', out, folder])).toMatchObject({ status: 0 });
  expect(readFileSync(join(out, 'out'), 'latin1')).toBe('caf\xe9');
});

test('a step that fails while the layers before it are being compressed ends the build in order', (context) => {
  const dockerfile = `${BUSYBOX}RUN touch /f\nWORKDIR /f/x\nRUN pwd\n`;
  const folder = busyboxContext(context, { Dockerfile: dockerfile });
  for (let round = 0; round < 8; round++) {
    const done = slipway(tmpDir(), ['build', '-q', folder]);
    expect(done.stderr).not.toContain('defect');
    expect(done.status).toBe(1);
  }
});

function refused(home: string, folder: string, bad: Case, dockerfile: string | Buffer): void {
  const path = join(folder, 'Dockerfile');
  writeFileSync(path, dockerfile);
  const done = slipway(home, ['build', '-q', '-t', 'failed', ...(bad.flags ?? []), folder]);
  expect(done, bad.what).toMatchObject({ status: 1, stdout: '' });
  expect(done.stderr, bad.what).toContain(`error[${bad.code}]: `);
  for (const words of bad.says.split('|')) expect(done.stderr, bad.what).toContain(words);
  expect(placeIn(done), bad.what).toBe(bad.place);
  expect(readdirSync(join(home, 'tmp')), bad.what).toEqual([]);
  expect(existsSync(join(home, 'oci/index.json')), bad.what).toBe(false);
}

/** The place that the error names, without the file. */
function placeIn({ stderr }: Finished): string | undefined {
  return /--> .*:(\d+:\d+)$/m.exec(stderr)?.[1];
}
