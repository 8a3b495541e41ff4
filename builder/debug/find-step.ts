// The record of a step, by what a person calls it: digits of its key, or words of the step as it is shown.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { hexOf } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';

/** How many steps are named where several are meant. */
const NAMED = 5;

/** The fewest digits of a key that are taken for one. */
const KEY_DIGITS = 6;

/**
 * Returns the record whose key begins with `name`, or the one used last of the step that is called so or has those
 * words in it; undefined where there is none. Throws E_USAGE where several steps have.
 */
export function findStep(store: Store, name: string): CacheRecord | undefined {
  const records = [...store.records.list()].sort((a, b) => b.used - a.used);
  const called = records.filter(({ step }) => step === name);
  if (called[0] !== undefined) return called[0];
  const keyed = records.filter(
    ({ key }) => name.length >= KEY_DIGITS && hexOf(key).startsWith(name.toLowerCase()),
  );
  const found = keyed.length > 0 ? keyed : records.filter(({ step }) => step.includes(name));
  // A step of an edited Dockerfile, or on another base, has a record for each: the last one is meant.
  const steps = new Set(keyed.length > 0 ? keyed.map(({ key }) => key) : found.map((r) => r.step));
  if (steps.size <= 1) return found[0];
  const shown = found.slice(0, NAMED).map(({ key, step }) => `${hexOf(key).slice(0, 12)} ${step}`);
  throw new BuildError('E_USAGE', `${steps.size} steps go by ${JSON.stringify(name)}`, {
    hint: `name one by its key: ${shown.join('; ')}`,
  });
}
