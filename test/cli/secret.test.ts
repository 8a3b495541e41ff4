import { expect, test } from 'vitest';
import { parseSecrets } from '../../cli/flags/secret.ts';
import { thrown } from './thrown.ts';

const HOST = { cwd: '/work', env: { TOKEN: 'x' } };

test.each([
  ['id=a,src=f', { kind: 'file', path: '/work/f' }],
  ['id=a,source=/abs/f', { kind: 'file', path: '/abs/f' }],
  ['type=file,id=a,src=f', { kind: 'file', path: '/work/f' }],
  ['id=a,env=VAR', { kind: 'env', variable: 'VAR' }],
  ['id=a,type=env,src=VAR', { kind: 'env', variable: 'VAR' }],
  ['id=a,type=env', { kind: 'env', variable: 'a' }],
  ['id=a', { kind: 'file', path: '/work/a' }],
  ['id=TOKEN', { kind: 'env', variable: 'TOKEN' }],
  ['id=TOKEN,type=file', { kind: 'file', path: '/work/TOKEN' }],
  ['id=a,"src=x,y"', { kind: 'file', path: '/work/x,y' }],
])('--secret %s', (value, source) => {
  expect([...parseSecrets([value], HOST).values()]).toEqual([source]);
});

test.each([
  ['src=f', 'it has no id'],
  ['a', '"a" is not key=value'],
  ['id=a,scr=f', 'there is no key "scr"\n = hint: did you mean src?'],
  ['id=a,type=vault', 'there is no type "vault"'],
  ['id=a,src=f,env=E', 'it has both src and env'],
])('--secret %s is refused: %s', (value, message) => {
  expect(thrown(() => parseSecrets([value], HOST))).toContain(
    `error[E_USAGE]: --secret ${JSON.stringify(value)}: ${message}`,
  );
});
