// `# slipway: cache=none cache-ttl=24h` right above a RUN: how its author wants the step to be reused. A comment for
// every other builder; what is wrong with it is an error here, since it was meant for us.

import { AGE_FORM, readAge } from '../../../core/age.ts';
import { BuildError } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Comment, Instruction } from '../../../grammar/ast.ts';

const MODES = ['traced', 'strict', 'none'] as const;
const KEYS = ['cache', 'cache-ttl'] as const;

export interface StepCache {
  /** `none`: the step runs in every build. */
  readonly mode?: (typeof MODES)[number];
  /** How old a result may be, in milliseconds. */
  readonly ttl?: number;
}

/** Returns what the comments above a RUN say; undefined where they say nothing. Throws E_DIRECTIVE. */
export function readStepComment({
  comments,
}: Pick<Instruction, 'comments'>): StepCache | undefined {
  let cache: StepCache | undefined;
  for (const comment of comments) {
    for (const { key, value, span } of settingsIn(comment)) {
      const name = KEYS.find((known) => known === key);
      if (name === undefined) throw unknown(key, span);
      const field = name === 'cache' ? 'mode' : 'ttl';
      if (cache?.[field] !== undefined) throw wrong(`${name} is given twice`, span, 'Keep one.');
      cache = { ...cache, [field]: name === 'cache' ? modeOf(value, span) : ttlOf(value, span) };
    }
  }
  return cache;
}

/** Such a comment above anything but a RUN would do nothing. Throws E_DIRECTIVE. */
export function refuseStepComment({ comments, keyword }: Instruction): void {
  const comment = comments.find(({ text }) => PREFIX.test(text));
  if (comment === undefined) return;
  const hint = `Only a RUN can have one; this one stands above ${keyword.text.toUpperCase()}.`;
  throw wrong('this comment is for no RUN', comment.span, hint);
}

const PREFIX = /^slipway\s*:/i;

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly span: Span;
}

function* settingsIn({ text, span }: Comment): Generator<Setting> {
  const [prefix] = PREFIX.exec(text) ?? [];
  if (prefix === undefined) return;
  const { source } = span;
  const at = source.text.indexOf(text, span.start) + prefix.length;
  let empty = true;
  for (const { 0: word, index } of text.slice(prefix.length).matchAll(/\S+/g)) {
    empty = false;
    const start = at + index;
    const [key = '', value = ''] = word.split(/=(.*)/s);
    yield { key, value, span: { source, start, end: start + word.length } };
  }
  if (empty) throw wrong('the comment says nothing', span, FORM);
}

const FORM = 'Write it as # slipway: cache=traced, strict or none, and cache-ttl=24h.';

function modeOf(value: string, span: Span): (typeof MODES)[number] {
  const mode = MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  const near = suggest(value, MODES);
  const hint = near ? `Did you mean ${near}?` : `It is one of ${MODES.join(', ')}.`;
  throw wrong(`cache cannot be ${JSON.stringify(value)}`, span, hint);
}

function ttlOf(value: string, span: Span): number {
  const ttl = readAge(value);
  if (ttl !== undefined) return ttl;
  throw wrong(`cache-ttl cannot be ${JSON.stringify(value)}`, span, `It is ${AGE_FORM}.`);
}

function unknown(key: string, span: Span): BuildError {
  const near = suggest(key, KEYS);
  const message = `slipway has no setting ${JSON.stringify(key)} for a step`;
  return wrong(message, span, near ? `Did you mean ${near}?` : FORM);
}

function wrong(message: string, span: Span, hint: string): BuildError {
  return new BuildError('E_DIRECTIVE', message, { span, hint });
}
