// Rules about the instructions of a stage: when each speaks up and when it does not. The facts are those of
// BuildKit's own tests (frontend/dockerfile/dockerfile_check_test.go), and what follows from how it decides.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import type { LintOptions } from '../../../builder/lint/lint.ts';
import { buildArgs, table } from './rule-table.ts';

table('JSONArgsRecommended', [
  { is: 'CMD', text: ['FROM scratch', 'CMD mycommand'], finds: [2] },
  { is: 'ENTRYPOINT', text: ['FROM scratch', 'ENTRYPOINT mycommand'], finds: [2] },
  { is: 'CMD without anything', text: ['FROM scratch', 'CMD'], finds: [2] },
  { is: 'what is no JSON after all', text: ['FROM scratch', "CMD ['a']"], finds: [2] },
  { is: 'CMD in JSON', text: ['FROM scratch', 'CMD ["a"]', 'ENTRYPOINT []'] },
  { is: 'under SHELL', text: ['FROM scratch', 'SHELL ["/s"]', 'CMD my', 'ENTRYPOINT my'] },
  { is: 'a SHELL that follows', text: ['FROM scratch', 'CMD my', 'SHELL ["/s"]'], finds: [2] },
  {
    is: 'a SHELL of the base stage',
    text: ['FROM scratch AS b', 'SHELL ["/s"]', 'FROM b', 'CMD my'],
  },
  { is: 'a SHELL of the base image', text: ['FROM a', 'CMD my'], bases: { a: { Shell: ['/s'] } } },
  { is: 'a base without SHELL', text: ['FROM a', 'CMD my'], bases: { a: {} }, finds: [2] },
  { is: 'an unknown base', text: ['FROM a', 'CMD my'], finds: [2] },
  { is: 'HEALTHCHECK', text: ['FROM scratch', 'HEALTHCHECK CMD a'] },
  { is: 'in ONBUILD, which is not run here', text: ['FROM scratch', 'ONBUILD CMD a'] },
  {
    is: 'the ONBUILD of the base, at the FROM',
    text: ['FROM a'],
    bases: { a: { OnBuild: ['CMD x'] } },
    finds: [1],
  },
  {
    is: 'the ONBUILD of a stage',
    text: ['FROM scratch AS a', 'ONBUILD CMD x', 'FROM a'],
    finds: [3],
  },
]);

table('WorkdirRelativePath', [
  { is: 'a relative one', text: ['FROM scratch', 'WORKDIR app/'], finds: [2] },
  { is: 'only the first counts', text: ['FROM scratch', 'WORKDIR app/', 'WORKDIR b'], finds: [2] },
  { is: 'after an absolute one', text: ['FROM scratch', 'WORKDIR /a', 'WORKDIR b'] },
  {
    is: 'after one of the base stage',
    text: ['FROM scratch AS a', 'WORKDIR /a', 'FROM a AS b', 'WORKDIR c/'],
  },
  {
    is: 'after one of the stage below the base stage',
    text: ['FROM scratch AS a', 'WORKDIR /a', 'FROM a AS b', 'FROM b', 'WORKDIR c/'],
  },
  {
    is: 'an absolute one of the base image does not count',
    text: ['FROM a', 'WORKDIR c'],
    bases: { a: { WorkingDir: '/x' } },
    finds: [2],
  },
  { is: 'a variable that is absolute', text: ['FROM scratch', 'ARG d=/a', 'WORKDIR $d/b'] },
]);

table('UndefinedVar', [
  { is: 'declared without a value', text: ['FROM scratch', 'ARG foo', 'COPY Dockerfile${foo} .'] },
  {
    is: 'an ARG of the base stage',
    text: ['FROM scratch AS base', 'ARG foo=D', 'FROM base', 'COPY $foo .'],
  },
  { is: 'RUN is for the shell', text: ['FROM scratch', 'RUN echo $PATH $foo'] },
  {
    is: 'before it is declared',
    text: ['FROM scratch', 'COPY $foo .', 'ARG foo=bar', 'RUN echo $foo'],
    finds: [2],
  },
  { is: 'a slip', text: ['FROM scratch', 'ARG DIR_ASSETS=a', 'COPY $DIR_ASSET .'], finds: [3] },
  { is: 'a slip in PATH', text: ['FROM scratch', 'ENV PATH=$PAHT:/tmp/bin'], finds: [2] },
  { is: 'PATH is always set', text: ['FROM scratch', 'ENV PATH=$PATH:/tmp/bin'] },
  {
    is: 'every stage',
    text: ['FROM scratch AS a', 'COPY $foo .', '', 'FROM scratch AS b', 'COPY $bar .'],
    finds: [2, 5],
  },
  {
    is: 'the last stage only',
    text: ['FROM scratch AS a', 'COPY $foo .', '', 'FROM scratch AS b', 'COPY $bar .'],
    options: { lastStageOnly: true },
    finds: [5],
  },
  {
    is: 'the target only',
    text: ['FROM scratch AS a', 'COPY $foo .', '', 'FROM scratch AS b', 'COPY $bar .'],
    options: { target: 'a' },
    finds: [2],
  },
  { is: 'once a word', text: ['FROM scratch', 'COPY $a$a $a /$b'], finds: [2, 2, 2] },
  {
    is: 'a variable of the base',
    text: ['FROM a', 'WORKDIR $HOME'],
    bases: { a: { Env: ['HOME=/h'] } },
  },
  {
    is: 'no variable of the base',
    text: ['FROM a', 'WORKDIR /$HOMES'],
    bases: { a: { Env: ['HOME=/h'] } },
    finds: [2],
  },
  {
    is: 'an unknown base may set it',
    text: ['FROM a', 'WORKDIR $HOME'],
  },
  { is: 'an unknown base below the base stage', text: ['FROM a AS b', 'FROM b', 'USER $U'] },
  {
    is: 'a global ARG that the stage does not take over',
    text: ['ARG v=1', 'FROM scratch', 'LABEL a=$v'],
    finds: [3],
  },
  { is: 'the default of an ARG', text: ['FROM scratch', 'ARG v=$w'], finds: [2] },
  {
    is: 'a default that is not used',
    text: ['FROM scratch', 'ARG v=$w'],
    options: buildArgs({ v: '1' }),
  },
  { is: 'with a word for when it is unset', text: ['FROM scratch', 'LABEL a=${v:-1}'], finds: [2] },
  { is: 'EXPOSE is not asked', text: ['FROM scratch', 'EXPOSE $port'] },
  {
    is: 'a heredoc that is expanded',
    text: ['FROM scratch', 'COPY <<A /a', '$x', 'A'],
    finds: [2],
  },
  { is: 'a heredoc that is not', text: ['FROM scratch', "COPY <<'A' /a", '$x', 'A'] },
  { is: 'a mount', text: ['FROM scratch', 'RUN --mount=type=cache,target=/$c ["x"]'], finds: [2] },
  {
    is: 'every other place',
    text: [
      'FROM scratch',
      'USER $u',
      'VOLUME /$v',
      'STOPSIGNAL ${s:-9}',
      'LABEL k$k=1 a=$l',
      'ADD --chown=$o --chmod=${m:-1} a /',
    ],
    finds: [2, 3, 4, 5, 5, 6, 6],
  },
  {
    is: 'what speaks to the builder only',
    text: ['FROM scratch', 'LABEL a=$BUILDKIT_SBOM_SCAN_STAGE'],
  },
]);

table('MultipleInstructionsDisallowed', [
  {
    is: 'the earlier one of each kind',
    text: [
      'FROM scratch',
      'ENTRYPOINT ["/a"]',
      'ENTRYPOINT ["/b"]',
      'CMD ["/a"]',
      'CMD ["/b"]',
      'HEALTHCHECK CMD ["/a"]',
      'HEALTHCHECK CMD ["/b"]',
    ],
    finds: [2, 4, 6],
  },
  {
    is: 'also with others between them',
    text: [
      'FROM scratch',
      'CMD ["/a"]',
      'COPY <<EOF /a.txt',
      'Hello',
      'EOF',
      'CMD ["/b"]',
      'CMD ["/c"]',
    ],
    finds: [2, 6],
  },
  {
    is: 'not across stages',
    text: ['FROM scratch AS a', 'CMD ["/a"]', 'FROM a AS b', 'CMD ["/b"]'],
  },
  {
    is: 'a trigger of the base comes first',
    text: ['FROM a', 'CMD ["/b"]'],
    bases: { a: { OnBuild: ['CMD ["x"]'] } },
    finds: [1],
  },
]);

table('LegacyKeyValueFormat', [
  {
    is: 'ENV and LABEL',
    text: ['FROM scratch', 'ENV testkey value', 'LABEL key value'],
    finds: [2, 3],
  },
  { is: 'with equals signs', text: ['FROM scratch', 'ENV testkey=value', 'LABEL key=value'] },
  {
    is: 'in a stage that is not needed',
    text: ['FROM scratch AS a', '', 'FROM a AS b', 'ENV testkey value', 'FROM a AS c'],
    finds: [4],
  },
  {
    is: 'not in a build that does not need the stage',
    text: ['FROM scratch AS a', '', 'FROM a AS b', 'ENV testkey value', 'FROM a AS c'],
    options: { lastStageOnly: true },
  },
]);

table('SecretsUsedInArgOrEnv', [
  {
    is: 'each word that looks like one',
    text: [
      'FROM scratch',
      'ARG SECRET_PASSPHRASE',
      'ENV SUPER_Secret=foo',
      'ENV password=bar secret=baz',
      'ARG super_duper_secret_token=foo auth=bar',
      'ENV apikey=bar sunflower=foo',
      'ENV git_key=',
    ],
    finds: [2, 3, 4, 4, 5, 5, 6, 7],
  },
  {
    is: 'public, file and version say otherwise',
    text: [
      'FROM scratch',
      'ENV PUBLIC_KEY=',
      'ARG public_token',
      'ARG SECRET_PASSPHRASE_FILE',
      'ENV password_file=bar secret_File=baz',
      'ARG AUTH_MODULE_VERSION',
    ],
  },
  { is: 'part of a word', text: ['FROM scratch', 'ENV MONKEY=1 KEYS=2 TOKENIZER=3 key-2=4'] },
  {
    is: 'every word of the list',
    text: [
      'FROM scratch',
      'ENV a_apikey=1 a_auth=1 credential=1 credentials=1',
      'ENV pword=1 passwd=1 token=1 key=1',
    ],
    finds: [2, 2, 2, 2, 3, 3, 3, 3],
  },
  { is: 'an ARG above the first FROM', text: ['ARG password', 'FROM scratch'] },
  {
    is: 'a name that a variable makes',
    text: ['FROM scratch', 'ARG n=my', 'ENV ${n}_password=1'],
    finds: [3],
  },
]);

const ignoring = (...lines: string[]): LintOptions => ({
  ignoreFile: { name: '.dockerignore', text: `\n${lines.join('\n')}\n` },
});

table('CopyIgnoredFile', [
  {
    is: 'COPY and ADD',
    text: ['FROM scratch', 'COPY Dockerfile .', 'ADD Dockerfile /w'],
    options: ignoring('Dockerfile'),
    finds: [2, 3],
  },
  {
    is: 'each source',
    text: ['FROM scratch', 'COPY a ./b/ c /'],
    options: ignoring('a', 'b'),
    finds: [2, 2],
  },
  {
    is: 'a file in an excluded folder',
    text: ['FROM scratch', 'COPY a/b/c .'],
    options: ignoring('a'),
    finds: [2],
  },
  {
    is: 'after expansion',
    text: ['FROM scratch', 'ARG d=a', 'COPY $d .'],
    options: ignoring('a'),
    finds: [3],
  },
  {
    is: 'from a stage',
    text: ['FROM scratch AS b', 'COPY a /', 'FROM b', 'COPY --from=b /foobar /c'],
    options: ignoring('foobar'),
  },
  {
    is: 'a pattern that lets in again',
    text: ['FROM scratch', 'COPY ./Dockerfile .', 'COPY x .', 'COPY . .'],
    options: ignoring('**', '!Dockerfile'),
  },
  {
    is: 'all of the context but hidden files',
    text: ['FROM scratch', 'COPY . .'],
    options: ignoring('.*'),
  },
  {
    is: 'all of the context',
    text: ['FROM scratch', 'COPY . .', 'COPY / /a'],
    options: ignoring('*'),
    finds: [2, 3],
  },
  {
    is: 'all of the context, by two stars',
    text: ['FROM scratch', 'COPY ./ .'],
    options: ignoring('**'),
    finds: [2],
  },
  { is: 'a URL', text: ['FROM scratch', 'ADD https://example.com/a /'], options: ignoring('*') },
  { is: 'a heredoc', text: ['FROM scratch', 'COPY <<a /', 'a'], options: ignoring('*') },
  { is: 'no ignore file', text: ['FROM scratch', 'COPY a /'] },
  {
    is: 'an ignore file that is wrong',
    text: ['FROM scratch', 'COPY a /'],
    options: ignoring('a', '['),
  },
]);

table('ExposeProtoCasing', [
  { is: 'each word', text: ['FROM scratch', 'EXPOSE 80/TcP 8080/TCP 8080/udp'], finds: [2, 2] },
  { is: 'lower case or none', text: ['FROM scratch', 'EXPOSE 80 80/tcp 80-90/sctp'] },
  { is: 'from a variable', text: ['FROM scratch', 'ARG p=80/TCP', 'EXPOSE $p'], finds: [3] },
  { is: 'what is no protocol', text: ['FROM scratch', 'EXPOSE 80/FTP'] },
]);

table('ExposeInvalidFormat', [
  {
    is: 'each word',
    text: ['FROM scratch', 'EXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000'],
    finds: [2, 2, 2],
  },
  { is: 'an address alone', text: ['FROM scratch', 'EXPOSE 127.0.0.1::80'], finds: [2] },
  { is: 'nothing before the colon', text: ['FROM scratch', 'EXPOSE :80'] },
  { is: 'ports', text: ['FROM scratch', 'EXPOSE 80-90/udp 443'] },
]);
