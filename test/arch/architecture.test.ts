import { expect, test } from 'vitest';
import {
  forbiddenImports,
  hiddenPlaces,
  importCycles,
  processUses,
  withoutHeader,
} from './import-rules.ts';
import { cFunctionSizes, fileSize, functionSizes, tooLong } from './sizes.ts';
import { FOLDERS, readSources } from './source-tree.ts';

const program = readSources(FOLDERS, '.ts');
const tests = readSources(['test'], '.ts');
const native = readSources(['runner-native'], '.c', '.h');

test('a folder imports only lower folders and its own packages', () => {
  expect(forbiddenImports(program)).toEqual([]);
});

test('there are no circles of imports', () => {
  expect(importCycles(program)).toEqual([]);
});

test('only cli/ touches the process and the console', () => {
  expect(processUses(program)).toEqual([]);
});

test('there are no barrels, default exports or files for anything', () => {
  expect(hiddenPlaces(program)).toEqual([]);
});

test('every file begins by saying what it holds', () => {
  expect(withoutHeader([...program, ...native])).toEqual([]);
});

/** Files over the soft limit, each with the reason why it is one file all the same. None may pass the hard limit. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'grammar/post.ts': 'the nodes of every instruction, read side by side with the grammar',
  'builder/plan/expand/expand.ts': 'one recursive descent: its functions call each other',
};

test('files are short', () => {
  expect(tooLong(program.map(fileSize), 250, LONG_FILES)).toEqual([]);
  expect(tooLong(program.map(fileSize), 400, {})).toEqual([]);
});

test('functions are short', () => {
  expect(tooLong(program.flatMap(functionSizes), 70, {})).toEqual([]);
});

test('tests are short', () => {
  expect(tooLong(tests.map(fileSize), 500, {})).toEqual([]);
});

test('the grammar is one page', () => {
  expect(tooLong(readSources(['grammar'], '.ne').map(fileSize), 250, {})).toEqual([]);
});

test('the runner is made of short files and functions', () => {
  expect(tooLong(native.map(fileSize), 400, {})).toEqual([]);
  expect(tooLong(native.flatMap(cFunctionSizes), 80, {})).toEqual([]);
});
