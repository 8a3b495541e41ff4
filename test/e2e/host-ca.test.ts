// --host-ca: programs in a step find the certificates that this machine trusts, and neither layer, config nor key
// has anything of them.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { BUSYBOX, busyboxContext, contextOf, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

/** A file like a bundle; no test here opens a connection. */
function bundle(name: string): string {
  const path = join(tmpDir(), `${name}.pem`);
  writeFileSync(path, `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`);
  return path;
}

test('a step finds them, and the image has nothing of them', (context) => {
  const [own, extra] = [bundle('of-the-machine'), bundle('of-the-proxy')];
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN grep of- $SSL_CERT_FILE $CURL_CA_BUNDLE && grep -q /run/host-ca/ca.pem $APT_CONFIG && env > /env-of-the-step; sed -i '/host-ca/d' /env-of-the-step
ENV CURL_CA_BUNDLE=/mine
RUN echo $CURL_CA_BUNDLE && mkdir -p /etc/ssl/certs && echo mine > /etc/ssl/certs/x && mv /etc/ssl/certs/x /etc/ssl/certs/ca-certificates.crt
`,
  });
  const home = tmpDir();
  const out = join(home, 'out');
  const args = ['--progress=plain', '--host-ca', '-o', `type=local,dest=${out}`, folder];
  const trusted = { SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra };
  const done = slipway(home, ['build', ...args], trusted);
  expect(done.status, done.stderr).toBe(0);
  expect(done.stderr).toContain(`host-ca: ${own}, ${extra} (asked for`);
  for (const name of ['of-the-machine', 'of-the-proxy']) {
    expect(done.stderr.split(`:${name}`)).toHaveLength(3);
  }
  expect(done.stderr).toMatch(/ \/mine$/m);
  const files = readdirSync(out, { recursive: true, withFileTypes: true });
  expect(files.map((file) => file.name)).not.toContain('host-ca');
  expect(files.map((file) => file.name)).not.toContain('run');
  expect(readFileSync(join(out, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')).toBe('mine\n');
  for (const file of files.filter((each) => each.isFile() && each.name !== 'busybox'))
    expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain('host-ca');
  const save = ['-t', 'app', folder];
  expect(slipway(home, ['build', '-q', '--host-ca', ...save], trusted).status).toBe(0);
  const { stdout } = slipway(home, ['inspect', 'app']);
  expect(stdout).toContain('CURL_CA_BUNDLE=/mine');
  expect(stdout).not.toContain('SSL_CERT_FILE=');
});

test('it is no part of a key', (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN true\n` });
  const home = tmpDir();
  const build = (...more: string[]) =>
    slipway(home, ['build', '--progress=json', ...more, folder], { SSL_CERT_FILE: bundle('a') });
  expect(build().status).toBe(0);
  expect(new Set(steps(build('--host-ca')).map(({ status }) => status))).toEqual(
    new Set(['exact']),
  );
});

test('a machine without certificates is told so', (context) => {
  needsSteps(context);
  const home = tmpDir();
  expect(buildOnHostile({ home, dockerfile: 'RUN true\n' }).status).toBe(0);
  const folder = contextOf({ Dockerfile: 'FROM base:1\nRUN echo new\n' });
  const missing = { SSL_CERT_FILE: '/nowhere' };
  const { status, stderr } = slipway(home, ['build', '--host-ca', folder], missing);
  expect(stderr).toContain('error[E_USAGE]: --host-ca: no certificates were found on this machine');
  expect(stderr).toContain('looked for /nowhere');
  expect(status).toBe(2);
});
