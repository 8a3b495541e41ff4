// What git says when it fails, as an error with what to do about it.

import { BuildError } from '../../../core/errors.ts';
import type { GitResult } from '../../exec/git.ts';

/** An E_GIT for the remote that people know as `shown`; `hasSecret` where a log-in was sent. */
export function gitError(shown: string, { stderr }: GitResult, hasSecret: boolean): BuildError {
  const said = stderr === '' ? 'it says nothing' : stderr;
  return new BuildError('E_GIT', `git cannot read ${shown}: ${said}`, {
    hint: hintFor(said, hasSecret),
  });
}

function hintFor(said: string, hasSecret: boolean): string | undefined {
  if (/could not read Username|Authentication failed|access denied|40[13]/.test(said)) {
    return 'log in with a secret: --secret id=GIT_AUTH_TOKEN,src=FILE';
  }
  if (hasSecret && /redirect/i.test(said)) {
    return 'give the address that it redirects to: a secret is sent to no other';
  }
  if (/Host key verification failed/.test(said)) {
    return "add the host's key to ~/.ssh/known_hosts, as ssh-keyscan prints it";
  }
  if (/Permission denied \(/.test(said)) return 'ssh-add a key that the host accepts';
  if (/transport '.*' not allowed/.test(said)) {
    return 'a repository may lead to https, http, ssh and git addresses only';
  }
  return undefined;
}
