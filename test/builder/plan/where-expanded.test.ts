// Where variables are expanded and where they must not be: every instruction, every flag, every option
// of a mount. V is `val`; a row says what its line comes to, or how it is refused.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { describe, expect, it } from 'vitest';
import type { Graph, OpSpec } from '../../../builder/plan/graph.ts';
import { planRefusal, planText } from './plan-text.ts';

const ABOVE =
  'ARG IMAGE=img PLATFORM=linux/arm64\nFROM scratch\nENV V=val USR=1:2 MODE=750 N=7 T=true PORT=80 SIG=SIGHUP\nARG TYPE=cache SHARING=locked SIZE=1m\n';
const SUM = `sha256:${'a'.repeat(64)}`;

function graphOf(line: string): Graph {
  return planText(`${ABOVE}${line}\n`).graph;
}

function opOf(line: string): OpSpec {
  const { vertices, target } = graphOf(line);
  const op = vertices[target]?.op;
  if (op === undefined) throw new Error('no vertex');
  return op;
}

describe('steps', () => {
  const table: [string, object][] = [
    ['COPY a$V "$V" ${V}c /$V/', { sources: ['aval', 'val', 'valc'], destination: '/val/' }],
    ["COPY '$V' \\$V /", { sources: ['$V', '$V'] }],
    ['COPY ["$V", "b $V", "/$V"]', { sources: ['val', 'b val'], destination: '/val' }],
    ['COPY --chown=$USR --chmod=$MODE a b', { chown: '1:2', chmod: '750' }],
    ['COPY --exclude=$V --exclude=${V} a b', { exclude: ['$V', '${V}'] }],
    ['ADD $V /$V', { sources: ['val'], destination: '/val' }],
    ['ADD --chown=$USR --chmod=$MODE --exclude=$V a b', { chown: '1:2', exclude: ['$V'] }],
    ['COPY <<E /$V\n$V "$V" \\$V\nE', { inline: [{ name: 'E', text: 'val "val" $V\n' }] }],
    ["COPY <<'E' /\n$V\nE", { inline: [{ name: 'E', text: '$V\n' }] }],
    ['COPY <<$V /\nx\n$V', { inline: [{ name: '$V', text: 'x\n' }] }],
    ['WORKDIR /$V/"$V"', { path: '/val/val' }],
    ['RUN $V "$V"', { args: ['/bin/sh', '-c', '$V "$V"'] }],
    ['RUN ["$V"]', { args: ['$V'] }],
    ['RUN <<E\n$V\nE', { args: ['/bin/sh', '-c', '$V\n'] }],
    ['SHELL ["$V"]\nRUN x', { args: ['$V', 'x'] }],
    ['WORKDIR /$V\nUSER $USR\nRUN x', { cwd: '/val', user: '1:2' }],
  ];
  it.each(table)('%s', (line, expected) => expect(opOf(line)).toMatchObject(expected));
});

it('ADD --checksum=$S and an address', () => {
  const { vertices } = graphOf(`ENV S=${SUM}\nADD --checksum=$S https://h/$V /`);
  const fetched = vertices.find(({ op }) => op.kind === 'fetch')?.op;
  expect(fetched).toMatchObject({ source: { checksum: SUM, url: 'https://h/val' } });
});

describe('options of mounts', () => {
  const table: [string, object][] = [
    ['type=$TYPE,target=/$V,id=$V', { type: 'cache', target: '/val', id: 'val' }],
    ['type=cache,target=/x,sharing=$SHARING', { sharing: 'locked' }],
    ['type=cache,target=/x,mode=$MODE,uid=$N,gid=$N', { mode: 0o750, uid: 7, gid: 7 }],
    ['type=bind,source=$V,target=/x,rw=$T', { path: '/val', readonly: false }],
    ['type=tmpfs,target=/x,size=$SIZE', { size: 1_048_576 }],
    ['type=secret,id=$V,env=$V,required=$T', { id: 'val', env: 'val', required: true }],
    ['type=ssh,id=$V', { id: 'val' }],
  ];
  it.each(table)('%s', (options, expected) => {
    const op = opOf(`RUN --mount=${options} x`);
    if (op.kind !== 'run') throw new Error('no RUN');
    expect(op.mounts[0]).toMatchObject(expected);
  });
});

describe('what is in the config', () => {
  const table: [string, object][] = [
    ['LABEL $V="$V" b=$V', { Labels: { val: 'val', b: 'val' } }],
    ['LABEL $V $V c', { Labels: { val: 'val c' } }],
    ['EXPOSE $PORT ${PORT}/udp', { ExposedPorts: { '80/tcp': {}, '80/udp': {} } }],
    ['VOLUME /$V ["$V"]', { Volumes: { '/val': {}, '[val]': {} } }],
    ['VOLUME ["/$V"]', { Volumes: { '/val': {} } }],
    ['STOPSIGNAL $SIG', { StopSignal: 'SIGHUP' }],
    ['USER $USR', { User: '1:2' }],
    ['CMD $V', { Cmd: ['/bin/sh', '-c', '$V'] }],
    ['CMD ["$V"]', { Cmd: ['$V'] }],
    ['ENTRYPOINT $V', { Entrypoint: ['/bin/sh', '-c', '$V'] }],
    ['ENTRYPOINT ["$V"]', { Entrypoint: ['$V'] }],
    ['SHELL ["$V"]', { Shell: ['$V'] }],
    ['HEALTHCHECK CMD $V', { Healthcheck: { Test: ['CMD-SHELL', '$V'] } }],
    ['HEALTHCHECK CMD ["$V"]', { Healthcheck: { Test: ['CMD', '$V'] } }],
    ['ONBUILD ENV A=$V', { OnBuild: ['ENV A=$V'] }],
  ];
  it.each(table)('%s', (line, expected) =>
    expect(graphOf(line).config.config).toMatchObject(expected),
  );

  it.each([
    ['ENV A=$V $V=b', ['A=val', 'val=b']],
    ['ENV A $V $V', ['A=val val']],
    ['ENV V=new A=$V', ['V=new', 'A=val']],
    ['ARG A=$V\nENV B=$A', ['B=val']],
    ['ARG A=x$V B=$A\nENV C=$B', ['C=xval']],
    ['ARG $V=a\nENV B=$val', ['B=']],
  ])('%s', (line, expected) => {
    expect(graphOf(line).config.config?.Env).toEqual(expect.arrayContaining(expected));
  });

  it('MAINTAINER $V', () => expect(graphOf('MAINTAINER $V').config.author).toBe('$V'));
});

describe('FROM', () => {
  const baseOf = (line: string) => {
    const op = graphOf(line).vertices.findLast((vertex) => vertex.op.kind === 'base')?.op;
    return op?.kind === 'base' ? op.image : undefined;
  };

  it('has the values from above all stages, in its image and its platform', () => {
    expect(baseOf('FROM $IMAGE:${TAG:-1}')).toBe('img:1 linux/amd64');
    expect(baseOf('FROM --platform=$PLATFORM a')).toBe('a linux/arm64');
    expect(baseOf('FROM --platform=$BUILDPLATFORM a')).toBe('a linux/amd64');
    expect(baseOf('FROM a${V}')).toBe('a linux/amd64');
  });
});

describe('refused, where a variable would do nothing', () => {
  it.each([
    ['COPY --from=$V a b', 'E_FLAG_VALUE 5:13 --from does not take variables'],
    ['COPY --link=$T a b', 'E_FLAG_VALUE 5:6 --link is true or false, not "$T"'],
    ['COPY --parents=$T a b', 'E_FLAG_VALUE 5:6 --parents is true or false'],
    ['ADD --unpack=$T a b', 'E_FLAG_VALUE 5:5 --unpack is true or false'],
    ['ADD --keep-git-dir=$T a b', 'E_FLAG_VALUE 5:5 --keep-git-dir is true or false'],
    ['RUN --mount=from=$V,target=/x y', 'E_MOUNT 5:18 from= does not take variables'],
    ['RUN --mount=$V=/x y', 'E_MOUNT 5:13 --mount has no option "$v"'],
    ['RUN --network=$V x', 'E_FLAG_VALUE 5:15 --network cannot be "$V"'],
    ['RUN --security=$V x', 'E_FLAG_VALUE 5:16 --security cannot be "$V"'],
    ['RUN --device=$V x', 'E_UNSUPPORTED'],
    ['FROM a AS $V', 'E_STAGE 5:11 "$V" cannot name a stage'],
    ['HEALTHCHECK --interval=$N CMD x', 'E_FLAG_VALUE 5:24 --interval is no duration'],
    ['HEALTHCHECK --retries=$N CMD x', 'E_FLAG_VALUE 5:23 --retries is no count'],
  ])('%s', (line, expected) => {
    expect(planRefusal(`${ABOVE}${line}\n`).slice(0, expected.length)).toBe(expected);
  });
});

it('the escape directive says how a dollar is escaped, but not in the text of a heredoc', () => {
  const text =
    '# escape=`\nFROM scratch\nENV V=val\nWORKDIR C:\\`$V\\$V\nCOPY <<E /\n`$V \\$V\nE\n';
  const ops = planText(text).graph.vertices.map(({ op }) => op);
  expect(ops[1]).toMatchObject({ path: '/C:\\$V\\val' });
  expect(ops[2]).toMatchObject({ inline: [{ text: '`val $V\n' }] });
});
