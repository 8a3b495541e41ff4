// Ways to get one commit out of a server, the cheapest first: by its ref or by its id and without history;
// where the server gives out neither, all its branches and tags.

import type { GitResult } from '../../exec/git.ts';
import type { ResolvedCommit } from './resolve-commit.ts';

/** What is asked of the bare repository that the commit is to be in. */
export interface CommitStore {
  has(object: string): Promise<boolean>;
  /** Fetches `want` of the remote as the ref `to`. */
  fetch(want: string, to: string, options: readonly string[]): Promise<GitResult>;
  isShallow(): Promise<boolean>;
  /** Gives an object that is there its ref. */
  keep(object: string): Promise<void>;
}

/** The ref that keeps an object. */
export function keptRef(object: string): string {
  return `refs/slipway/${object}`;
}

/** Brings the commit; returns undefined where it is there then, else what git said last. */
export async function fetchCommit(
  { object, ref }: ResolvedCommit,
  store: CommitStore,
): Promise<GitResult | undefined> {
  let result: GitResult | undefined;
  for (const want of ref === undefined ? [object] : [ref, object]) {
    result = await store.fetch(want, keptRef(object), ['--depth=1']);
    // Servers of plain files know no depth.
    if (/shallow|--depth/.test(result.stderr)) {
      result = await store.fetch(want, keptRef(object), []);
    }
    if (result.status === 0 && (await store.has(object))) return undefined;
  }
  const said = result?.stderr ?? '';
  if (!/not our ref|unadvertised object|no such remote ref|couldn't find/i.test(said)) {
    return result;
  }
  const options = (await store.isShallow()) ? ['--unshallow'] : [];
  result = await store.fetch('refs/*', 'refs/slipway-all/*', options);
  if (result.status !== 0 || !(await store.has(object))) return result;
  await store.keep(object);
  return undefined;
}
