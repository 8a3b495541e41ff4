// Plans a Dockerfile in a test and writes the result down as lines that a table file can hold.

import type { Graph, MountSpec, SourceRef, Vertex } from '../../../builder/plan/graph.ts';
import { type Plan, plan } from '../../../builder/plan/plan.ts';
import type { PlanOptions } from '../../../builder/plan/plan-options.ts';
import { withEpoch } from '../../../builder/plan/stages/source-date-epoch.ts';
import { type BuildError, isBuildError } from '../../../core/errors.ts';
import { formatPlace } from '../../../core/source.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import type { ImageConfig, RuntimeConfig } from '../../../image/model.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

/** Options of a plain build for linux/amd64. */
export const DEFAULTS: PlanOptions = {
  namedContexts: new Map(),
  target: undefined,
  buildArgs: new Map(),
  labels: new Map(),
  platform: AMD64,
  buildPlatform: AMD64,
  network: 'default',
  sourceDateEpoch: undefined,
};

/** Configs of images by reference; any other has an empty one. */
export type Bases = Readonly<Record<string, RuntimeConfig>>;

/** The time of every commit and file, where SOURCE_DATE_EPOCH is one's. */
export const TIME_OF_SOURCES = 1_234_567_890;

/** Plans until nothing is missing; images are made up on demand, for the platform that is asked for. */
export function planText(
  text: string,
  options: Partial<PlanOptions> = {},
  bases: Bases = {},
): Extract<Plan, { kind: 'planned' }> {
  const parsed = parseWithErrors({ name: 'Dockerfile', text });
  const images = new Map<string, ImageConfig>();
  let current = { ...DEFAULTS, ...options };
  for (let round = 0; round < 10; round++) {
    const result = plan(parsed, current, images);
    if (result.kind === 'planned') return result;
    if (result.kind === 'needs epoch') {
      current = withEpoch(current, TIME_OF_SOURCES);
      continue;
    }
    for (const { key, reference, platform } of result.images) {
      const config = bases[reference] ?? {};
      images.set(key, { ...platform, config, rootfs: { type: 'layers', diff_ids: [] } });
    }
  }
  throw new Error('planning asked for images ten times');
}

/** `CODE line:column message (hint)` of what planning throws first, or `fine`. */
export function planRefusal(
  text: string,
  options: Partial<PlanOptions> = {},
  bases: Bases = {},
): string {
  const [first] = errorsOf(() => planText(text, options, bases));
  return first === undefined ? 'fine' : describeError(first);
}

/** The same of all that it throws, without the hints. */
export function planErrors(text: string, options: Partial<PlanOptions> = {}): string[] {
  return errorsOf(() => planText(text, options)).map((error) =>
    describeError({ ...error, message: error.message, hint: undefined }),
  );
}

function errorsOf(work: () => void): readonly BuildError[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return [error, ...error.others];
  }
}

function describeError({
  code,
  span,
  message,
  hint,
}: Pick<BuildError, 'code' | 'span' | 'message' | 'hint'>): string {
  const place = span ? formatPlace(span).replace('Dockerfile:', '') : 'nowhere';
  return `${code} ${place} ${message}${hint ? ` (${hint})` : ''}`;
}

/** The graph, a vertex a line: its id, its name, and what its op has beside the defaults. */
export function describeGraph(graph: Graph): string {
  return graph.vertices.map(describeVertex).join('\n');
}

function describeVertex({ id, name, op, platform }: Vertex): string {
  const lines = [`${id} ${name}`];
  switch (op.kind) {
    case 'base':
      lines.push(op.image === undefined ? 'scratch' : `image ${op.image}`);
      break;
    case 'fetch':
      lines.push(JSON.stringify(op.source));
      break;
    case 'workdir':
      lines.push(`on ${op.input}, mkdir ${op.path}${op.user && ` as ${op.user}`}`);
      break;
    case 'copy': {
      const { input, from, sources, inline, destination, kind: _, instruction: __, ...rest } = op;
      const texts = inline.map((file) => JSON.stringify([file.name, file.text]));
      lines.push(
        `on ${input}, from ${source(from)}: ${[...sources, ...texts].join(' ')} -> ${destination}${extras(rest)}`,
      );
      break;
    }
    case 'run': {
      const { input, args, env, cwd, mounts, kind: _, ...rest } = op;
      lines.push(`on ${input}, in ${cwd}: ${JSON.stringify(args)}${extras(rest)}`);
      lines.push(`env ${env.filter((entry) => !entry.startsWith('PATH=')).join(' ')}`.trim());
      lines.push(...mounts.map(describeMount));
    }
  }
  const where = platform.architecture === 'amd64' ? '' : ` (${platform.architecture})`;
  return `${lines.join('\n  ')}${where}`;
}

function describeMount({ span: _, ...mount }: MountSpec): string {
  const { type, target, ...rest } = mount;
  const from =
    'source' in rest ? source(rest.source) : 'from' in rest && rest.from ? source(rest.from) : '';
  const { source: _source, from: _from, ...fields } = rest as Record<string, unknown>;
  return `mount ${type} ${target ?? '-'}${from && ` from ${from}`}${extras(fields)}`;
}

function source(ref: SourceRef): string {
  return ref.kind === 'vertex' ? `${ref.vertex}` : (ref.name ?? 'context');
}

/** Fields that are not empty, false or a default. */
function extras(fields: object): string {
  const shown = Object.entries(fields).filter(([key, value]) => {
    if (value === undefined || value === '' || key === 'userSpan') return false;
    if (value === false && key !== 'unpack') return false;
    if (Array.isArray(value) && value.length === 0) return false;
    return (
      !(key === 'network' && value === 'default') &&
      !(key === 'hostname' && value === 'buildkitsandbox') &&
      !(key === 'security' && value === 'sandbox')
    );
  });
  return shown.map(([key, value]) => ` ${key}=${octal(key, value)}`).join('');
}

function octal(key: string, value: unknown): string {
  return key === 'mode' ? `0${Number(value).toString(8)}` : JSON.stringify(value);
}
