// AptGetWithoutCleanup, AptGetUpdateAlone, RunWithoutEffect and PipefailMissing.

import { ownTable } from './own-table.ts';

const UPDATE = 'apt-get update && apt-get install -y x';

ownTable('AptGetWithoutCleanup', [
  ['nothing removed', `FROM a:1\nRUN ${UPDATE}\n`, 2],
  ['apt', 'FROM a:1\nRUN apt update; apt -y install x\n', 2],
  ['with a flag before the command', 'FROM a:1\nRUN apt-get -qq update\n', 2],
  ['with a variable before', 'FROM a:1\nRUN A=b sudo -E apt-get update\n', 2],
  ['over several lines', 'FROM a:1\nRUN set -e; \\\n  # now\n\n  apt-get \\\n    update\n', 2],
  ['in a heredoc', 'FROM a:1\nRUN <<EOF\nset -e\napt-get update\nEOF\n', 2],
  ['in the JSON form', 'FROM a:1\nRUN ["apt-get", "update"]\n', 2],
  ['in sh -c', `FROM a:1\nRUN ["sh", "-c", "${UPDATE}"]\n`, 2],
  ['removed', `FROM a:1\nRUN ${UPDATE} && rm -rf /var/lib/apt/lists/*\n`],
  [
    'removed on a line of its own',
    `FROM a:1\nRUN ${UPDATE} \\\n && rm -rf \\\n /var/lib/apt/lists/*\n`,
  ],
  ['removed with others', `FROM a:1\nRUN ${UPDATE}; rm -rf /tmp/* /var/lib/apt/lists\n`],
  ['removed in a heredoc', `FROM a:1\nRUN <<EOF\n${UPDATE}\nrm -r /var/lib/apt/lists/*\nEOF\n`],
  ['removed by braces', `FROM a:1\nRUN ${UPDATE} && rm -rf /var/lib/{apt,dpkg}/*\n`],
  ['removed by apt-get', `FROM a:1\nRUN ${UPDATE} && apt-get distclean\n`],
  ['cleaned is not removed', `FROM a:1\nRUN ${UPDATE} && apt-get clean\n`, 2],
  [
    'a mount of the lists',
    `FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt/lists ${UPDATE}\n`,
  ],
  ['a mount above them', `FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt/ ${UPDATE}\n`],
  ['a mount in memory', `FROM a:1\nRUN --mount=type=tmpfs,dst=/var/lib/apt/lists ${UPDATE}\n`],
  [
    'a mount of the packages alone',
    `FROM a:1\nRUN --mount=type=cache,target=/var/cache/apt ${UPDATE}\n`,
    2,
  ],
  ['another step removes', `FROM a:1\nRUN ${UPDATE}\nRUN rm -rf /var/lib/apt/lists/*\n`, 2],
  ['no lists', 'FROM a:1\nRUN apt-get install -y x\n'],
  ['said, not done', 'FROM a:1\nRUN echo "apt-get update"\n'],
  ['a stage that is copied from', `FROM a:1 AS b\nRUN ${UPDATE}\nFROM a:1\nCOPY --from=b / /\n`],
  ['a base of the last', `FROM a:1 AS b\nRUN ${UPDATE}\nFROM b\n`, 2],
  [
    'a base of what is copied from',
    `FROM a:1 AS b\nRUN ${UPDATE}\nFROM b AS c\nFROM a:1\nCOPY --from=c / /\n`,
  ],
  [
    'a base that a variable may name, and files are taken from',
    `ARG B\nFROM a:1 AS b\nRUN ${UPDATE}\nFROM $B\nCOPY --from=b / /\n`,
  ],
  ['a script of another language', 'FROM a:1\nRUN python3 <<EOF\napt-get update\nEOF\n'],
  ['a shell of another kind', 'FROM a:1\nSHELL ["pwsh", "-c"]\nRUN apt-get update\n'],
  ['turned off above the step', `FROM a:1\n# check=skip=AptGetWithoutCleanup\nRUN ${UPDATE}\n`],
]);

ownTable('AptGetUpdateAlone', [
  ['two steps', 'FROM a:1\nRUN apt-get update\nRUN apt-get install -y x\n', 2],
  ['something between', 'FROM a:1\nRUN apt-get update\nRUN x\nRUN apt-get install -y x\n', 2],
  ['one step', `FROM a:1\nRUN ${UPDATE}\n`],
  ['the later step updates too', `FROM a:1\nRUN apt-get update\nRUN ${UPDATE}\n`],
  ['nothing installed', 'FROM a:1\nRUN apt-get update\n'],
  ['in another stage', 'FROM a:1 AS b\nRUN apt-get update\nFROM a:1\nRUN apt-get install x\n'],
  [
    'a mount of the lists',
    'FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\nRUN apt-get install x\n',
  ],
]);

ownTable('RunWithoutEffect', [
  ['cd', 'FROM a:1\nRUN cd /x\n', 2],
  ['export', 'FROM a:1\nRUN export A=b B=c\n', 2],
  ['several', 'FROM a:1\nRUN cd /x && export A=b; umask 22\n', 2],
  ['in a heredoc', 'FROM a:1\nRUN <<EOF\ncd /x\nEOF\n', 2],
  ['something else', 'FROM a:1\nRUN cd /x && make\n'],
  ['a substitution', 'FROM a:1\nRUN export A=$(make)\n'],
  ['backquotes', 'FROM a:1\nRUN export A=`make`\n'],
  ['a redirection', 'FROM a:1\nRUN export > /etc/environment\n'],
  ['a script that is read', 'FROM a:1\nRUN . /x/activate\n'],
]);

ownTable('PipefailMissing', [
  ['curl', 'FROM a:1\nRUN curl -fsSL x | tar -x\n', 2],
  ['wget, after something', 'FROM a:1\nRUN apk add wget && wget -O- x | sh\n', 2],
  ['over two lines', 'FROM a:1\nRUN curl x \\\n  | tar -x\n', 2],
  ['set', 'FROM a:1\nRUN set -euo pipefail; curl x | tar -x\n'],
  ['a shell', 'FROM a:1\nSHELL ["bash", "-euo", "pipefail", "-c"]\nRUN curl x | tar -x\n'],
  [
    'the shell of a base',
    'FROM a:1 AS b\nSHELL ["bash", "-o", "pipefail", "-c"]\nFROM b\nRUN curl x | y\n',
  ],
  ['another shell', 'FROM a:1\nSHELL ["bash", "-c"]\nRUN curl x | tar -x\n', 3],
  ['no pipe', 'FROM a:1\nRUN curl -o x y || true; z | w\n'],
  ['another program', 'FROM a:1\nRUN cat x | tar -x\n'],
]);
