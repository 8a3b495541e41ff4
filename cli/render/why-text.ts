// The answers of `slipway why` as text: the builds that are kept, the steps of one, one step in full.

import type { BuildRecord, StepRecord } from '../../builder/history/build-record.ts';
import type { StepReads, ValueChange } from '../../builder/history/step-details.ts';
import { hexOf } from '../../core/digest.ts';
import { printable } from '../printable.ts';
import { formatDuration } from './duration.ts';
import { explain } from './explain.ts';
import { logLine } from './log-line.ts';
import { counted, formatAge } from './quantities.ts';
import { formatTable } from './table.ts';
import { usageText } from './usage.ts';

/** The builds, a line each. */
export function buildsText(builds: readonly BuildRecord[], now: number): string {
  return formatTable(
    ['BUILD', 'CREATED', 'RESULT', 'TOOK', 'RAN', 'REUSED', 'DOCKERFILE', 'TARGET'],
    builds.map((build) => [
      build.id,
      formatAge(build.started, now),
      build.ok ? 'ok' : (build.code ?? 'defect'),
      formatDuration(build.ms),
      String(countOf(build, ['ran', 'failed'])),
      String(countOf(build, ['exact', 'traced'])),
      build.dockerfile,
      build.target,
    ]),
  );
}

/** A build: what it came to, and each step with why. What was merely reused takes one line. */
export function buildText(
  build: BuildRecord,
  now: number,
  valuesOf: (step: StepRecord) => readonly ValueChange[],
): string {
  const { id, dockerfile, context, target, started, ms, ok, code, steps } = build;
  const saved = steps.reduce((sum, { madeMs = 0 }) => sum + madeMs, 0);
  const ran = countOf(build, ['ran', 'failed']);
  const lines = [
    `build ${id} of ${dockerfile}${target === '' ? '' : `, target ${target}`}${context === '' ? '' : `, context ${context}`}`,
    `${formatAge(started, now)}, ${ok ? 'finished' : `failed (${code ?? 'a defect'})`} after ${formatDuration(ms)}: ` +
      `${ran} of ${counted(steps.length, 'step')} ran${saved < 1000 ? '' : `, reuse saved ${formatDuration(saved)}`}`,
    '',
    ...steps.flatMap((step) => stepLines(step, valuesOf(step))),
  ];
  return asText(lines);
}

/** A step in full. */
export function stepText(
  build: BuildRecord,
  step: StepRecord,
  values: readonly ValueChange[],
  now: number,
): string {
  const { place, key, cause, usage, observed } = step;
  const record = cause !== undefined && 'record' in cause ? cause.record : undefined;
  const lines = [
    `${titleOf(step)}${place === undefined ? '' : `   ${place}`}`,
    ...why(step, values, Number.POSITIVE_INFINITY),
    '',
    `  build       ${build.id}, ${formatAge(build.started, now)}`,
    ...(key === undefined
      ? []
      : [`  record      ${hexOf(key).slice(0, 12)}   (slipway cache inspect)`]),
    ...(record === undefined ? [] : [`  ${fromWhich(step)} ${hexOf(record).slice(0, 12)}`]),
    ...(usage === undefined ? [] : [`  used        ${usageText(usage)}`]),
    ...(observed === undefined ? [] : [`  observed    ${observedText(observed)}`]),
  ];
  return asText(lines);
}

/** What a step read, a path a line. */
export function readsText(step: StepRecord, reads: StepReads): string {
  if (reads.kind === 'unknown') return asText([titleOf(step), `    not known: ${reads.why}`]);
  const rows = reads.reads.map(({ path, uses }) => `  ${uses.padEnd(6)} /${path}`);
  const legend =
    '  a looked for   s metadata   c contents   l names listed   r link   w changed by the step';
  return asText([titleOf(step), legend, '', ...rows]);
}

function fromWhich({ status }: StepRecord): string {
  return status === 'traced' || status === 'exact' ? 'taken from ' : 'compared to';
}

function countOf({ steps }: BuildRecord, statuses: readonly string[]): number {
  return steps.filter(({ status }) => statuses.includes(status)).length;
}

function stepLines(step: StepRecord, values: readonly ValueChange[]): string[] {
  // The steps that tell nothing stay one line, so that those that do stand out.
  const isPlain = step.kind === 'base' || step.status === 'waiting';
  return isPlain || step.cause?.kind === 'same' || step.cause?.kind === 'new'
    ? [titleOf(step)]
    : [
        `${titleOf(step)}${step.place === undefined ? '' : `   ${step.place}`}`,
        ...why(step, values),
      ];
}

function why(step: StepRecord, values: readonly ValueChange[], most?: number): string[] {
  if (step.status === 'waiting') return ['    the build ended before its turn'];
  return explain(step, most, values).map((line) => `    ${line}`);
}

const MARKS: Readonly<Record<StepRecord['status'], string>> = {
  ran: '+',
  exact: '=',
  traced: '=',
  failed: '!',
  waiting: ' ',
};

function titleOf(step: StepRecord): string {
  return ` ${MARKS[step.status]} ${shortened(step.step)}   ${outcome(step)}`;
}

function shortened(text: string): string {
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}

function outcome({ status, ms, madeMs, exitCode, cause }: StepRecord): string {
  const saved = madeMs === undefined || madeMs < 100 ? '' : `, saved ${formatDuration(madeMs)}`;
  switch (status) {
    case 'ran':
      return `ran, ${formatDuration(ms)}${cause?.kind === 'new' ? ', for the first time' : ''}`;
    case 'exact':
      return `reused${saved}`;
    case 'traced':
      return `reused (traced)${saved}`;
    case 'failed':
      return exitCode === undefined ? 'failed' : `failed with exit code ${exitCode}`;
    case 'waiting':
      return 'not begun';
  }
}

function observedText({
  reads,
  incomplete,
  network,
  calls,
}: NonNullable<StepRecord['observed']>): string {
  const net = network ? ', it used the network' : '';
  if (reads === undefined) return `not in full: ${incomplete ?? 'unknown'}${net}`;
  return `${calls} calls${net}   (slipway why STEP --reads)`;
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${logLine(printable(line))}\n`).join('');
}
