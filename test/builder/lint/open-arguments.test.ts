// A FROM that is no image without an argument that has no default: no error of the Dockerfile.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import { expect, test } from 'vitest';
import { lintText } from './found.ts';
import { buildArgs } from './rule-table.ts';

const codes = (text: string, given: Record<string, string> = {}) =>
  lintText(text, buildArgs(given)).errors.map(({ code }) => code);

test.each([
  ['the whole name', 'ARG BASE\nFROM ${BASE}\n'],
  ['its tag', 'ARG V\nFROM golang:$V-alpine AS a\nFROM a\n'],
  ['through another argument', 'ARG V\nARG I=golang:${V}\nFROM $I\n'],
  ['the platform', 'ARG P\nFROM --platform=$P golang:1\n'],
])('%s', (_, text) => expect(codes(text)).toEqual([]));

test('where it was given, or nobody can give it, the error stays', () => {
  expect(codes('ARG BASE\nFROM ${BASE}\n', { BASE: 'A:B:C' })).toEqual(['E_REFERENCE_INVALID']);
  expect(codes('FROM ${BASE}\n')).toEqual(['E_BASE_IMAGE']);
  expect(codes('ARG BASE=\nFROM ${BASE}\n')).toEqual(['E_BASE_IMAGE']);
  expect(codes('ARG BASE\nARG BASE=Upper\nFROM ${BASE}\n')).toEqual(['E_REFERENCE_INVALID']);
});

test('other errors stay', () => {
  expect(codes('ARG BASE\nFROM ${BASE}\nCOPY --into=x a b\n')).toEqual(['E_FLAG_UNKNOWN']);
});
