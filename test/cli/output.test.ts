import { expect, test } from 'vitest';
import { parseOutput } from '../../cli/flags/output.ts';
import { thrown } from './thrown.ts';

/** What is said of layers where nothing is said. */
const LAYERS = { compression: { type: 'gzip' }, force: false };
const APP = 'docker.io/library/app:latest';

test.each([
  ['out', { type: 'local', dest: 'out' }],
  ['out.tar', { type: 'local', dest: 'out.tar' }],
  ['-', { type: 'tar', dest: '-' }],
  ['type=local,dest=out', { type: 'local', dest: 'out' }],
  ['type=tar', { type: 'tar', dest: '-' }],
  ['type=tar,dest=fs.tar', { type: 'tar', dest: 'fs.tar' }],
  ['type=oci,dest=a.tar', { type: 'oci', dest: 'a.tar', tar: true, names: ['tag'] }],
  ['type=oci', { type: 'oci', dest: '-', tar: true, names: ['tag'] }],
  ['dest=a,type=oci,tar=false', { type: 'oci', dest: 'a', tar: false, names: ['tag'] }],
  ['TYPE=oci,Dest=A', { type: 'oci', dest: 'A', tar: true, names: ['tag'] }],
  ['type=docker,dest=a,name=app', { type: 'docker', dest: 'a', tar: true, names: [APP] }],
  [
    'type=oci,"name=app,localhost:5000/x:1",dest=a',
    { type: 'oci', dest: 'a', tar: true, names: [APP, 'localhost:5000/x:1'] },
  ],
  ['type=oci,"dest=a,b.tar"', { type: 'oci', dest: 'a,b.tar', tar: true, names: ['tag'] }],
  ['type=image', { type: 'image', names: ['tag'], push: false }],
  ['type=image,push=true', { type: 'image', names: ['tag'], push: true }],
  ['type=registry,name=app', { type: 'image', names: [APP], push: true }],
])('-o %s', (value, output) => {
  const isImage = output.type !== 'local' && output.type !== 'tar';
  expect(parseOutput(value, ['tag'])).toEqual({
    ...output,
    ...(isImage ? { layers: LAYERS } : {}),
  });
});

test.each([
  ['', 'it is empty', 'give a folder, -, or type=...'],
  ['type=ocl', 'there is no output type "ocl"', 'did you mean oci?'],
  [
    'type=zip',
    'there is no output type "zip"',
    'the types are oci, docker, local, tar, image, registry',
  ],
  [
    'type=cacheonly',
    'every build fills the cache, so no output is of type cacheonly',
    'for example',
  ],
  ['dest=a,tar=true', 'it has no type', 'for example: -o type=oci,dest=image.tar'],
  ['type=oci,dst=a', 'type=oci has no key "dst"', 'did you mean dest?'],
  ['type=tar,dest=a,compression=zstd', 'type=tar has no key "compression"', 'its keys are dest'],
  [
    'type=oci,compression=xz',
    'there is no compression "xz"',
    'the compressions are gzip, zstd and uncompressed',
  ],
  [
    'type=oci,compression-level=10',
    'compression-level=10 is no level of gzip',
    'the levels of gzip are 0 to 9',
  ],
  [
    'type=oci,compression=zstd,compression-level=0',
    'compression-level=0 is no level of zstd',
    'the levels of zstd are 1 to 22',
  ],
  [
    'type=oci,compression=uncompressed,compression-level=1',
    'uncompressed has no level',
    'leave compression-level out',
  ],
  [
    'type=oci,force-compression=yes',
    'force-compression=yes is neither true nor false',
    'write force-compression=true or force-compression=false',
  ],
  ['type=local', 'type=local needs dest', '-o type=local,dest=PATH'],
  ['type=local,dest=-', 'a folder cannot go to standard output', 'use type=tar'],
  ['type=oci,tar=false', 'tar=false makes a folder and needs dest', 'for example'],
  ['type=oci,tar=no,dest=a', 'tar=no is neither true nor false', 'write tar=true or tar=false'],
  ['type=oci,dest=a,dest=b', 'the key dest stands twice', 'several names are one quoted field'],
  ['type=oci,a', '"a" is not key=value', 'for example: -o type=oci,dest=image.tar'],
  ['type=registry', 'an image to push needs a name', '-t NAME'],
  ['type=oci,name=,dest=a', 'a name is empty', 'several names are one quoted field'],
])('-o %s is refused: %s', (value, why, hint) => {
  expect(thrown(() => parseOutput(value, []))).toContain(
    `error[E_USAGE]: -o ${JSON.stringify(value)}: ${why}\n = hint: ${hint}`,
  );
});

test.each([
  ['compression=gzip', { compression: { type: 'gzip' }, force: false }],
  ['compression-level=9', { compression: { type: 'gzip', level: 9 }, force: false }],
  [
    'compression=zstd,compression-level=22',
    { compression: { type: 'zstd', level: 22 }, force: false },
  ],
  [
    'compression=uncompressed,force-compression=true',
    { compression: { type: 'uncompressed' }, force: true },
  ],
  ['force-compression=0', { compression: { type: 'gzip' }, force: false }],
])('layers with %s', (keys, layers) => {
  for (const type of ['oci', 'docker', 'image', 'registry']) {
    expect(parseOutput(`type=${type},${keys}`, ['tag'])).toMatchObject({ layers });
  }
});

test('estargz is refused, not written as something else', () => {
  expect(thrown(() => parseOutput('type=oci,compression=estargz', []))).toContain(
    'error[E_UNSUPPORTED]: layers are not written as estargz',
  );
});

test('a name of an output is checked as any name of an image', () => {
  expect(thrown(() => parseOutput('type=oci,dest=a,name=App', []))).toContain(
    'error[E_REFERENCE_INVALID]',
  );
});
