// PROTOCOL.md names what the runner's sources know, and nothing that they do not: verbs, words, events, errors, notes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, readSources } from './source-tree.ts';

const page = readFileSync(join(ROOT, 'runner-native/PROTOCOL.md'), 'utf8');
const code = readSources(['runner-native/src'], '.c', '.h')
  .map(({ text }) => text)
  .join('\n');

/** What the first group of `pattern` matches, once each and sorted. */
function named(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();
}

/** The first words of what stands in backticks in the first column of the tables of the page. */
function wordsOfTables(): string[] {
  const cells = named(page, /^\| (`[a-z][^|]*(?:\\?\|[a-z]+[^|]*)*)\| /gm);
  return cells.flatMap((cell) => named(cell, /`([a-z][a-z-]+)[ `]/g));
}

test('errors', () => {
  expect(named(page, /`(E_[A-Z_]+)`/g)).toEqual(named(code, /"(E_[A-Z_]+)"/g));
});

test('subjects of notes', () => {
  const [list = ''] = page.match(/^Subjects of notes: .*$/m) ?? [];
  expect(named(list, /`([a-z]+)`/g)).toEqual(named(code, /event_note\(\s*"([a-z]+)"/g));
});

test('events', () => {
  expect(named(page, /\{"event":"([a-z-]+)"/g)).toEqual(
    named(code, /(?:json_begin\(&json, "|\{\\"event\\":\\")([a-z-]+)/g),
  );
});

test('verbs', () => {
  const [list = ''] = page.match(/^`argv\[1\]` is the verb: .*$/m) ?? [];
  const others = ['sh', 'version'];
  expect(named(list.split('. ')[0] ?? '', /`([a-z]+)`/g)).toEqual(
    [...named(code, /\{ "([a-z]+)", [a-z]+_verb,/g), ...others].sort(),
  );
});

test('words, and how many arguments each has', () => {
  const rules = [...code.matchAll(/\{ "([a-z-]+)", (\d+), take_/g)];
  const unnamed = rules.filter(([, word, count]) => !formsOf(word).includes(Number(count)));
  expect(unnamed.map(([rule]) => rule)).toEqual([]);
  const words = rules.map(([, word]) => word);
  expect(wordsOfTables().filter((word) => !words.includes(word))).toEqual([]);
});

/** The numbers of arguments that the page gives a word, without those that may be repeated. */
function formsOf(word = ''): number[] {
  const forms = [...page.matchAll(new RegExp(`\`${word}((?: [^ \`]+)*)\``, 'g'))];
  return forms.map(
    ([, args = '']) => args.split(' ').filter((arg) => arg && !arg.endsWith('...')).length,
  );
}
