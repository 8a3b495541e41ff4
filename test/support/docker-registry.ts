// The field's own registry program, docker-registry, for tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished, type TestContext } from 'vitest';
import { requiresPrograms } from './requires.ts';
import { tmpDir } from './tmp.ts';

// Bcrypt of the password `open:sesame`.
const HTPASSWD = 'me:$2y$05$aaaaaaaaaaaaaaaaaaaaaO5QwWdAQkoNtuTK95Mc4KV/u5ooj1/Je\n';

export interface RealRegistry {
  /** `localhost:<port>` */
  readonly host: string;
  /** Where its blobs lie. */
  readonly data: string;
}

/** Starts the registry on a free port of this machine; it ends with the test. The password is `me`'s: `open:sesame`. */
export async function realRegistry(
  context: TestContext,
  { password = false } = {},
): Promise<RealRegistry> {
  requiresPrograms(context, 'docker-registry');
  const folder = tmpDir();
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
  const auth = `auth: {htpasswd: {realm: test, path: ${join(folder, 'htpasswd')}}}\n`;
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}}
http: {addr: "127.0.0.1:${port}", secret: test}
${password ? auth : ''}`,
  );
  const server = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  });
  for (let tries = 0; tries < 200; tries++) {
    const answers = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    );
    if (answers) return { host: `localhost:${port}`, data: join(folder, 'data') };
    if (server.exitCode !== null) break;
    await sleep(25);
  }
  throw new Error('docker-registry did not start');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
