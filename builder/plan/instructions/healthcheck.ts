// HEALTHCHECK as an image config keeps it.

import { BuildError } from '../../../core/errors.ts';
import type { HealthcheckInstruction, Word } from '../../../grammar/ast.ts';
import type { Healthcheck } from '../../../image/model.ts';
import { parseDuration } from './durations.ts';
import { readFlags } from './flags.ts';

const MILLISECOND = 1e6;
const MAX_RETRIES = 2 ** 31 - 1;

/** Reads the check and its timing. Throws E_ARGUMENTS or E_FLAG_VALUE. */
export function readHealthcheck(node: HealthcheckInstruction): Healthcheck {
  const flags = readFlags(node, {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  });
  const type = node.check?.text.toUpperCase();
  const empty = commandWords(node).length === 0;
  if (type === 'NONE' && empty) return { Test: ['NONE'] };
  if (type !== 'CMD' || empty) throw badCheck(node, type);
  return {
    Test: [node.command.form === 'exec' ? 'CMD' : 'CMD-SHELL', ...commandWords(node)],
    ...(flags.interval && { Interval: duration('interval', flags.interval) }),
    ...(flags.timeout && { Timeout: duration('timeout', flags.timeout) }),
    ...(flags['start-period'] && { StartPeriod: duration('start-period', flags['start-period']) }),
    ...(flags['start-interval'] && {
      StartInterval: duration('start-interval', flags['start-interval']),
    }),
    ...(flags.retries && { Retries: count(flags.retries) }),
  };
}

function commandWords({ command }: HealthcheckInstruction): string[] {
  if (command.form === 'exec') return command.words.map((word) => word.text);
  return command.text.text === '' ? [] : [command.text.text];
}

function badCheck(node: HealthcheckInstruction, type: string | undefined): BuildError {
  const message =
    type === undefined
      ? 'HEALTHCHECK needs CMD and a command, or NONE'
      : type === 'NONE'
        ? 'HEALTHCHECK NONE takes no arguments'
        : type === 'CMD'
          ? 'HEALTHCHECK CMD has no command'
          : `HEALTHCHECK knows no ${JSON.stringify(node.check?.text)}`;
  return new BuildError('E_ARGUMENTS', message, {
    span: node.check?.span ?? node.span,
    hint: 'Write it as: HEALTHCHECK [flags] CMD COMMAND, or HEALTHCHECK NONE',
  });
}

function duration(flag: string, value: Word): number {
  const nanoseconds = value.text === '' ? 0 : parseDuration(value.text);
  if (nanoseconds === undefined) {
    throw new BuildError(
      'E_FLAG_VALUE',
      `--${flag} is no duration: ${JSON.stringify(value.text)}`,
      {
        span: value.span,
        hint: 'As in 30s, 1m30s or 500ms.',
      },
    );
  }
  if (nanoseconds !== 0 && nanoseconds < MILLISECOND) {
    throw new BuildError('E_FLAG_VALUE', `--${flag} cannot be less than 1ms`, { span: value.span });
  }
  return nanoseconds;
}

function count(value: Word): number {
  const retries = /^\+?\d{1,10}$/.test(value.text) ? Number(value.text) : Number.NaN;
  if (retries <= MAX_RETRIES) return retries;
  throw new BuildError('E_FLAG_VALUE', `--retries is no count: ${JSON.stringify(value.text)}`, {
    span: value.span,
  });
}
