import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeOldResults, writeFailure, writeResults } from '../../cli/result-files.ts';
import { sha256 } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { MEDIA } from '../../image/model.ts';
import { tmpDir } from '../support/tmp.ts';
import { rejected } from './thrown.ts';

const DIGEST = sha256('manifest');
const CONFIG = sha256('config');
const MANIFEST = { mediaType: MEDIA.ociManifest, digest: DIGEST, size: 8 };

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

test('the metadata file has the keys of buildx, the id file the digest of the manifest', async () => {
  const cwd = tmpDir();
  const names = ['docker.io/library/a:1', 'localhost:5000/b:2'];
  const result = { tree: DIGEST, digest: DIGEST, configDigest: CONFIG, manifest: MANIFEST, names };
  await writeResults({ idFile: 'id', metadataFile: 'meta.json', cwd }, result);
  expect(readFileSync(join(cwd, 'id'), 'utf8')).toBe(DIGEST);
  expect(json(join(cwd, 'meta.json'))).toEqual({
    'containerimage.digest': DIGEST,
    'containerimage.config.digest': CONFIG,
    'containerimage.descriptor': MANIFEST,
    'image.name': 'docker.io/library/a:1,localhost:5000/b:2',
  });
});

test('the metadata file of a failed build holds the error and the exit code of its RUN', async () => {
  const cwd = tmpDir();
  const source = { name: 'Dockerfile', text: 'FROM a\nRUN exit 42\n' };
  const span = { source, start: 7, end: 18 };
  const error = new BuildError('E_RUN_FAILED', 'exit code 42', { exitCode: 42, span, hint: 'h' });
  await writeFailure({ idFile: 'id', metadataFile: 'meta', cwd }, error);
  expect(json(join(cwd, 'meta'))).toEqual({
    'slipway.error': {
      code: 'E_RUN_FAILED',
      message: 'exit code 42',
      hint: 'h',
      exitCode: 42,
      file: 'Dockerfile',
      line: 2,
      column: 1,
    },
    'slipway.exitCode': 42,
  });
  expect(existsSync(join(cwd, 'id'))).toBe(false);
});

test('files of an earlier build are removed, and files that were not asked for are not written', async () => {
  const cwd = tmpDir();
  writeFileSync(join(cwd, 'id'), 'old');
  await removeOldResults({ idFile: 'id', metadataFile: undefined, cwd });
  expect(existsSync(join(cwd, 'id'))).toBe(false);
  await writeFailure({ idFile: undefined, metadataFile: undefined, cwd }, new Error('x'));
});

test('a pipe is written to and stays', async () => {
  const cwd = tmpDir();
  const pipe = join(cwd, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const files = { idFile: 'pipe', metadataFile: undefined, cwd };
  await removeOldResults(files);
  const read = readFile(pipe, 'utf8');
  const result = {
    tree: DIGEST,
    digest: DIGEST,
    configDigest: CONFIG,
    manifest: MANIFEST,
    names: [],
  };
  await writeResults(files, result);
  expect(await read).toBe(DIGEST);
});

test('a file that cannot be written is an error with its name', async () => {
  const files = { idFile: undefined, metadataFile: 'no/such/folder/meta', cwd: tmpDir() };
  expect(await rejected(writeFailure(files, new Error('x')))).toMatch(
    /^error\[E_OUTPUT\]: no\/such\/folder\/meta cannot be written: ENOENT\n = cause: /,
  );
});
