import { expect, test } from 'vitest';
import { parseSecrets } from '../../cli/flags/secret.ts';
import { thrown } from './thrown.ts';

const HOST = { cwd: '/cwd', env: { TOKEN: 'x' } };

test.each([
  ['id=a,src=f', { kind: 'file', path: '/cwd/f' }],
  ['id=a,source=/abs/f', { kind: 'file', path: '/abs/f' }],
  ['type=file,id=a,src=f', { kind: 'file', path: '/cwd/f' }],
  ['id=a,env=VAR', { kind: 'env', variable: 'VAR' }],
  ['id=a,type=env,src=VAR', { kind: 'env', variable: 'VAR' }],
  ['id=a,type=env', { kind: 'env', variable: 'a' }],
  ['id=a', { kind: 'file', path: '/cwd/a' }],
  ['id=TOKEN', { kind: 'env', variable: 'TOKEN' }],
  ['id=TOKEN,type=file', { kind: 'file', path: '/cwd/TOKEN' }],
  ['id=a,"src=x,y"', { kind: 'file', path: '/cwd/x,y' }],
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
