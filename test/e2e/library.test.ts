// `slipway/dockerfile` as another project has it: from the packed package, without any of its dependencies, in plain
// JavaScript and in TypeScript.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../support/peers.ts';

let project = '';

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', project];
  execFileSync('npm', pack, { cwd: CHECKOUT, stdio: ['ignore', 'ignore', 'inherit'] });
  const archive = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? '';
  const installed = join(project, 'node_modules/slipway');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, archive), '-C', installed, '--strip-components=1']);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function node(script: string): string {
  writeFileSync(join(project, 'script.mjs'), script);
  return execFileSync(process.execPath, ['script.mjs'], { cwd: project, encoding: 'utf8' });
}

test('plain JavaScript parses, lints and fixes', () => {
  const out = node(`
import { fix, lint, parse, positionAt } from 'slipway/dockerfile';

const text = 'FROM debian:12 as x\\nRUN cd /x\\nCOPPY a b\\n';
const { ast, errors } = parse(text);
console.log(ast.instructions.map(({ kind }) => kind).join());
for (const { code, span } of errors) console.log(code, JSON.stringify(positionAt(span.source, span.start)));

const { findings } = lint('FROM debian:12 as x\\nRUN cd /x\\n', { name: 'a.Dockerfile' });
for (const { rule, span } of findings) console.log(rule.name, span.source.name, text.slice(span.start, span.end));
console.log(JSON.stringify(fix('from debian:12 AS x\\nrun a\\n').source.text));
`);
  expect(out.split('\n')).toEqual([
    'from,run',
    'E_UNKNOWN_INSTRUCTION {"line":3,"column":1}',
    'FromAsCasing a.Dockerfile as',
    'RunWithoutEffect a.Dockerfile cd /x',
    '"from debian:12 as x\\nrun a\\n"',
    '',
  ]);
});

test('importing it does nothing', () => {
  const out = node(`
const globals = Object.getOwnPropertyNames(globalThis).length;
const listeners = process.eventNames().length;
await import('slipway/dockerfile');
console.log(Object.getOwnPropertyNames(globalThis).length - globals, process.eventNames().length - listeners);
`);
  expect(out).toBe('0 0\n');
});

test('nothing else of the package can be imported', () => {
  const out = node(`
for (const name of ['slipway', 'slipway/dist/slipway.cjs', 'slipway/grammar/parse.ts']) {
  await import(name).catch((error) => console.log(error.code));
}
`);
  expect(out).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n'.repeat(3));
});

test('TypeScript knows the types, under strict settings and without those of Node', () => {
  writeFileSync(
    join(project, 'consumer.ts'),
    `import { type Finding, type Instruction, lint, parse, RULES } from 'slipway/dockerfile';

const names: readonly string[] = RULES.map(({ name }) => name);
const { ast, errors } = parse('FROM scratch', { name: 'Dockerfile' });
const first: Instruction | undefined = ast.instructions[0];
if (first?.kind === 'from') first.image.text.toUpperCase();
const codes: string[] = errors.map(({ code }) => code);
const findings: readonly Finding[] = lint('FROM scratch', { target: 'x', buildArgs: new Map() }).findings;
// @ts-expect-error a span has no line
findings[0]?.span.line;
// @ts-expect-error the text is a string
parse(1);
export { codes, names };
`,
  );
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const settings = ['--strict', '--noEmit', '--types', '', '--target', 'es2022'];
  for (const resolution of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ]) {
    const words = [
      join(dirname(compiler), 'bin/tsc'),
      ...settings,
      '--lib',
      'es2022',
      ...resolution,
      'consumer.ts',
    ];
    expect(() =>
      execFileSync(process.execPath, words, { cwd: project, encoding: 'utf8', stdio: 'pipe' }),
    ).not.toThrow();
  }
});
