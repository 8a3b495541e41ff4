// AddInsteadOfCopy, SecretInCopy, BroadCopyBeforeExpensiveRun and ChownAfterCopy.

import { expect, test } from 'vitest';
import { applyFixes } from '../../../../builder/lint/apply-fixes.ts';
import { lint } from '../../../../builder/lint/lint.ts';
import { addInsteadOfCopy } from '../../../../builder/lint/own/add-instead-of-copy.ts';
import { type OwnCase, ownTable } from './own-table.ts';

/** Cases of one instruction in a stage of its own, each with whether it is found. */
function lines(cases: readonly (readonly [line: string, isFound: boolean])[]): OwnCase[] {
  return cases.map(([line, isFound]) => [line, `FROM a:1\n${line}\n`, ...(isFound ? [2] : [])]);
}

ownTable(
  'AddInsteadOfCopy',
  lines([
    ['ADD a.sh /', true],
    ['ADD . /', true],
    ['ADD ["a b", "/"]', true],
    ['ADD dir /dir', true],
    ['ADD --chown=1 a.sh /', true],
    ['ADD <<EOF /x\nEOF', true],
    ['COPY a.sh /', false],
    ['ADD a.tar /', false],
    ['ADD a.tar.gz b.sh /', false],
    ['ADD a.tgz /', false],
    ['ADD rootfs.tar.xz /', false],
    ['ADD alpine-minirootfs.TAR.GZ /', false],
    ['ADD https://example.com/a /', false],
    ['ADD git@example.com:a/b.git /', false],
    ['ADD https://example.com/a.git#main /', false],
    ['ADD $FILE /', false],
    ['ADD *.sh /', false],
    ['ADD --unpack=false a.sh /', false],
  ]),
);

test.each([
  ['ADD . /', 'COPY . /'],
  ['add ./src/ /', 'copy ./src/ /'],
  ['ADD  a.sh\tb.conf /', 'COPY  a.sh\tb.conf /'],
  ['ADD ["a.sh", "/"]', 'COPY ["a.sh", "/"]'],
  ['ADD rootfs /', 'ADD rootfs /'],
  ['ADD a.sh rootfs /', 'ADD a.sh rootfs /'],
  ['ADD .hidden /', 'ADD .hidden /'],
])('%s is fixed as %s', (before, after) => {
  const source = { name: 'Dockerfile', text: `FROM a:1\n${before}\n` };
  const { findings } = lint(source, { rules: [addInsteadOfCopy] });
  expect(findings).toHaveLength(1);
  expect(applyFixes(source, findings).text).toBe(`FROM a:1\n${after}\n`);
});

ownTable(
  'SecretInCopy',
  lines([
    ['COPY .env /app/', true],
    ['COPY config/.env.local ./', true],
    ['ADD id_rsa /root/.ssh/', true],
    ['COPY .ssh /root/.ssh', true],
    ['COPY .ssh/ /root/.ssh/', true],
    ['COPY ["home/.aws/credentials", "/root/.aws/credentials"]', true],
    ['COPY .docker/config.json /', true],
    ['COPY server-key.pem /', true],
    ['COPY privkey.pem /', true],
    ['COPY private.key /', true],
    ['COPY cert.pfx /', true],
    ['COPY .npmrc /root/', true],
    ['COPY a .netrc /', true],
    ['COPY .env.example .env', false],
    ['COPY id_rsa.pub /', false],
    ['COPY ca.pem /', false],
    ['COPY nodesource.gpg.key /', false],
    ['COPY config.json /', false],
    ['COPY .npmrc package.json ./', false],
    ['COPY package*.json .npmrc ./', false],
    ['COPY pnpm-lock.yaml .npmrc ./', false],
    ['COPY --from=build /root/.npmrc /', false],
    ['COPY environment keyboard.pem /', false],
    ['COPY <<.env /x\n.env', false],
  ]),
);

ownTable('BroadCopyBeforeExpensiveRun', [
  ['npm ci', 'FROM a:1\nCOPY . .\nRUN npm ci\n', 2],
  ['the list first', 'FROM a:1\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n'],
  ['the same program before', 'FROM a:1\nCOPY p .\nRUN npm ci\nCOPY . .\nRUN npm install x\n'],
  ['another program before', 'FROM a:1\nRUN apt-get install x\nCOPY . .\nRUN npm ci\n', 3],
  ['./', 'FROM a:1\nCOPY ./ /app\nRUN pip install -r requirements.txt\n', 2],
  ['a wildcard', 'FROM a:1\nCOPY * /app/\nRUN yarn\n', 2],
  ['with a flag of the program', 'FROM a:1\nADD . /app\nRUN cd /app && npm --silent ci\n', 2],
  ['go mod download', 'FROM a:1\nCOPY . .\nRUN go mod download && go build\n', 2],
  ['a build needs the sources', 'FROM a:1\nCOPY . .\nRUN go build ./... && cargo build\n'],
  ['the project itself', 'FROM a:1\nCOPY . .\nRUN pip install .\nRUN pip install -e .[dev]\n'],
  ['a part of the context', 'FROM a:1\nCOPY src src\nRUN npm ci\n'],
  ['from a stage', 'FROM a:1 AS x\nFROM a:1\nCOPY --from=x . .\nRUN npm ci\n'],
  ['with exclusions', 'FROM a:1\nCOPY --exclude=src . .\nRUN npm ci\n'],
  ['yarn does something else', 'FROM a:1\nCOPY . .\nRUN yarn build\n'],
  ['in another stage', 'FROM a:1 AS x\nCOPY . .\nFROM a:1\nRUN npm ci\n'],
]);

ownTable('ChownAfterCopy', [
  ['the folder copied to', 'FROM a:1\nCOPY app /app\nRUN chown -R u:u /app\n', 3],
  ['modes', 'FROM a:1\nCOPY app /app/\nRUN chmod --recursive g+w /app\n', 3],
  ['among other things', 'FROM a:1\nCOPY a /app/\nRUN x && chown -hR u /app && y\n', 3],
  ['another folder', 'FROM a:1\nCOPY app /app\nRUN chown -R u:u /data\n'],
  ['one file', 'FROM a:1\nCOPY app /app\nRUN chmod +x /app\n'],
  ['before', 'FROM a:1\nRUN chown -R u:u /app\nCOPY app /app\n'],
]);
