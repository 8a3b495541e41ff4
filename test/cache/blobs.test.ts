import { once } from 'node:events';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskBlobs } from '../../cache/blobs.ts';
import { hexOf, sha256 } from '../../core/digest.ts';
import { script } from '../support/script.ts';
import { tmpDir } from '../support/tmp.ts';
import { blobStoreSuite } from './blob-store.suite.ts';

blobStoreSuite('diskBlobs', async () => {
  const root = tmpDir();
  return {
    store: diskBlobs(join(root, 'oci'), join(root, 'tmp')),
    overwrite: (digest, bytes) =>
      writeFile(join(root, 'oci', 'blobs', 'sha256', hexOf(digest)), bytes),
    leftovers: async () => readdirSync(join(root, 'tmp')).length,
  };
});

test('a damaged blob that another process has replaced meanwhile is left alone', async () => {
  const root = tmpDir();
  const store = diskBlobs(root, join(root, 'tmp'));
  const { digest } = await store.put([Buffer.alloc(600_000, 1)]);
  writeFileSync(join(root, 'blobs', 'sha256', hexOf(digest)), Buffer.alloc(600_000, 2));
  const reader = store.open(digest)[Symbol.asyncIterator]();
  await reader.next();
  await store.put([Buffer.alloc(600_000, 1)]);
  await expect(drain(reader)).rejects.toMatchObject({ code: 'E_BLOB_CORRUPT' });
  const whole = Buffer.from(await store.read(digest, 600_000));
  expect(whole.equals(Buffer.alloc(600_000, 1))).toBe(true);
});

test('files in the folder that are not named by a digest are not listed', async () => {
  const root = tmpDir();
  const store = diskBlobs(root, join(root, 'tmp'));
  const { digest } = await store.put([Buffer.from('x')]);
  writeFileSync(join(root, 'blobs', 'sha256', 'README'), 'hello');
  const names: string[] = [];
  for await (const blob of store.list()) names.push(blob.digest);
  expect(names).toEqual([digest]);
});

test('a store that cannot be written is the user’s error, not a crash', async (context) => {
  if (process.getuid?.() === 0) context.skip('root may write everywhere');
  const root = tmpDir();
  const store = diskBlobs(root, join(root, 'tmp'));
  chmodSync(root, 0o555);
  await expect(store.put([Buffer.from('x')])).rejects.toMatchObject({
    code: 'E_STORE_UNUSABLE',
    message: 'a blob cannot be written to the store: EACCES',
  });
});

test('eight processes that put the same blob at once all succeed, and one killed in mid-write leaves no blob', async () => {
  const root = tmpDir();
  const start = script(
    `import { diskBlobs } from './cache/blobs.ts';
     const [root, mode] = process.argv.slice(2);
     async function* chunks() {
       for (let i = 0; i < 20; i++) yield Buffer.alloc(50_000, i);
       if (mode === 'hang') { process.send('hanging'); await new Promise(() => setTimeout(() => {}, 60_000)); }
     }
     await diskBlobs(root, root + '/tmp').put(chunks());
     process.disconnect();`,
  );
  const hung = start(root, 'hang');
  await once(hung, 'message');
  hung.kill('SIGKILL');
  await once(hung, 'exit');
  expect(readdirSync(join(root, 'blobs', 'sha256'))).toEqual([]);

  const exits = await Promise.all(
    Array.from({ length: 8 }, async () => (await once(start(root), 'exit'))[0] as number),
  );
  expect(exits).toEqual(Array(8).fill(0));
  const whole = Buffer.concat(Array.from({ length: 20 }, (_, i) => Buffer.alloc(50_000, i)));
  expect(readdirSync(join(root, 'blobs', 'sha256'))).toEqual([hexOf(sha256(whole))]);
}, 60_000);

async function drain(reader: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await reader.next()).done);
}
