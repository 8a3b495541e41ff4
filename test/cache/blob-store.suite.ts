// What every BlobStore must do, whatever it is made of. A method without a case here is unwritten.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BlobStore } from '../../cache/blob-store.ts';
import { type Digest, sha256 } from '../../core/digest.ts';
import { seededRandom } from '../support/seed.ts';

export interface StoreUnderTest {
  readonly store: BlobStore;
  /** Changes the stored bytes of a blob behind the store's back. */
  overwrite(digest: Digest, bytes: Buffer): Promise<void>;
  /** Counts what is stored besides whole blobs: temporaries left behind. */
  leftovers(): Promise<number>;
}

/** Runs the conformance suite; `make` returns a new, empty store for one test. */
export function blobStoreSuite(name: string, make: () => Promise<StoreUnderTest>): void {
  const hello = Buffer.from('hello');
  const helloDigest = sha256(hello);

  describe(`${name} keeps the BlobStore contract`, () => {
    test('what was put is there, with its size, and reads back the same', async () => {
      const { store } = await make();
      expect(await store.has(helloDigest)).toBeUndefined();
      expect(await store.put([hello])).toEqual({ digest: helloDigest, size: 5 });
      expect(await store.has(helloDigest)).toBe(5);
      expect(await collect(store.open(helloDigest))).toEqual(hello);
      expect(await store.read(helloDigest, 5)).toEqual(hello);
    });

    test('what another writes into the file is stored as what it says of it', async () => {
      const { store, leftovers } = await make();
      const put = (size: number) =>
        store.putBy(async (file) => {
          await file.writeFile(hello);
          return { digest: helloDigest, size, crc: crc32(hello) };
        });
      await expect(put(4)).rejects.toThrowError('5 bytes were written, not 4');
      expect([await store.has(helloDigest), await leftovers()]).toEqual([undefined, 0]);
      expect(await put(5)).toEqual({ digest: helloDigest, size: 5 });
      expect(await collect(store.open(helloDigest))).toEqual(hello);
    });

    test('what another has written is damaged where its bytes are others by then, and is removed', async () => {
      const { store, overwrite } = await make();
      for (const length of [5, 200_000]) {
        const bytes = Buffer.alloc(length, 'hello');
        const digest = sha256(bytes);
        const put = () =>
          store.putBy(async (file) => {
            await file.writeFile(bytes);
            return { digest, size: length, crc: crc32(bytes) };
          });
        for (const others of [Buffer.alloc(length, 'hellp'), bytes.subarray(1)]) {
          await put();
          expect((await collect(store.open(digest, length))).equals(bytes)).toBe(true);
          await overwrite(digest, others);
          await expect(collect(store.open(digest))).rejects.toMatchObject({
            code: 'E_BLOB_CORRUPT',
          });
          expect(await store.has(digest)).toBeUndefined();
        }
      }
    });

    test('an empty blob and a blob of many chunks are blobs like any other', async () => {
      const { store } = await make();
      const random = seededRandom('blob chunks');
      const chunks = Array.from({ length: 40 }, () =>
        Buffer.alloc(random.int(60_000), random.int(256)),
      );
      const whole = Buffer.concat(chunks);
      expect((await store.put([])).size).toBe(0);
      const { digest, size } = await store.put(chunks);
      expect(size).toBe(whole.length);
      expect((await collect(store.open(digest, whole.length))).equals(whole)).toBe(true);
    });

    test('parts of a blob are read by their place; of one that is not there are none', async () => {
      const { store } = await make();
      await store.put([hello]);
      const parts = await store.parts(helloDigest);
      expect((await parts?.read(1, 3))?.toString()).toBe('ell');
      expect((await parts?.read(3, 9))?.toString()).toBe('lo');
      await parts?.close();
      expect(await store.parts(sha256('other'))).toBeUndefined();
    });

    test('bytes that are not the expected ones are refused and leave nothing', async () => {
      const { store, leftovers } = await make();
      const other = sha256('other');
      for (const expected of [
        { digest: other, size: 5 },
        { digest: helloDigest, size: 6 },
      ]) {
        await expect(store.put([hello], expected)).rejects.toMatchObject({
          code: 'E_DIGEST_MISMATCH',
          message: `expected ${expected.size} bytes with digest ${expected.digest}, got 5 with ${helloDigest}`,
        });
      }
      expect(await listed(store)).toEqual([]);
      expect(await leftovers()).toBe(0);
    });

    test('a source that fails in the middle leaves nothing, and its error comes through', async () => {
      const { store, leftovers } = await make();
      async function* broken(): AsyncIterable<Uint8Array> {
        yield hello;
        throw new Error('cable cut');
      }
      await expect(store.put(broken())).rejects.toThrow('cable cut');
      expect(await listed(store)).toEqual([]);
      expect(await leftovers()).toBe(0);
    });

    test('putting a blob that is there succeeds; many at once all succeed', async () => {
      const { store, leftovers } = await make();
      const results = await Promise.all(Array.from({ length: 8 }, () => store.put([hello])));
      expect(new Set(results.map((result) => result.digest))).toEqual(new Set([helloDigest]));
      expect(await listed(store)).toEqual([helloDigest]);
      expect(await leftovers()).toBe(0);
    });

    test('a blob that is not there is E_BLOB_MISSING', async () => {
      const { store } = await make();
      const missing = {
        code: 'E_BLOB_MISSING',
        message: `blob ${helloDigest} is not in the store`,
      };
      await expect(collect(store.open(helloDigest))).rejects.toMatchObject(missing);
      await expect(store.read(helloDigest, 10)).rejects.toMatchObject(missing);
    });

    test.each([
      ['a flipped bit', Buffer.from('hellp'), /its digest is sha256:/],
      ['a lost end', Buffer.from('hell'), /it has 4 bytes, not 5/],
      ['bytes added', Buffer.from('hello!'), /it has more than 5 bytes/],
    ])('%s is found, and putting the blob again heals it', async (_, damage, text) => {
      const { store, overwrite } = await make();
      await store.put([hello]);
      await overwrite(helloDigest, damage);
      const error = await collect(store.open(helloDigest, 5)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'E_BLOB_CORRUPT' });
      expect(String(error)).toMatch(text);
      expect(await store.has(helloDigest)).toBeUndefined();
      await store.put([hello]);
      expect(await store.read(helloDigest, 5)).toEqual(hello);
    });

    test('reading more than the caller allows fails and keeps the blob', async () => {
      const { store } = await make();
      await store.put([hello]);
      await expect(store.read(helloDigest, 4)).rejects.toMatchObject({
        code: 'E_BLOB_CORRUPT',
        message: `blob ${helloDigest} of the store is damaged: it has more than 4 bytes`,
      });
      expect(await store.has(helloDigest)).toBe(5);
    });

    test('a deleted blob is gone, for has and list too; deleting it again is fine', async () => {
      const { store } = await make();
      await store.put([hello]);
      await store.delete(helloDigest);
      await store.delete(helloDigest);
      expect(await store.has(helloDigest)).toBeUndefined();
      expect(await listed(store)).toEqual([]);
    });

    test('list yields every blob once, with a size', async () => {
      const { store } = await make();
      const a = await store.put([hello]);
      const b = await store.put([Buffer.alloc(10_000)]);
      expect((await listed(store)).sort()).toEqual([a.digest, b.digest].sort());
      for await (const { size } of store.list()) expect(size).toBeGreaterThan(0);
    });
  });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function listed(store: BlobStore): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests;
}
