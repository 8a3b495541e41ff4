// RUN: the one op that needs the kernel. The input's layers are stacked by overlayfs, the command
// runs in the runner's sandbox, and the upper folder becomes the new layer by rename.

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type CacheRecord, inputTreeOf, type KeyParts } from '../../cache/records.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import { digestChunks } from '../../image/digest-chunks.ts';
import type { Entry } from '../../image/entry.ts';
import { decodeEntryStream } from '../../image/entry-stream.ts';
import { type Comparison, compareReads } from '../../image/reads/compare-reads.ts';
import { compareLinks } from '../../image/reads/links-read.ts';
import { SpooledEntries } from '../../image/spooled-entries.ts';
import { readRoot } from '../../image/tree/directory.ts';
import { lookup } from '../../image/tree/lookup.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import { sortEntries } from '../../image/tree/sort-entries.ts';
import { hardLinksIn, hardLinksPart } from '../exec/hard-links.ts';
import type { LayerStore } from '../exec/layer-store.ts';
import { needsNamespaces } from '../exec/needs-namespaces.ts';
import { resolvConf, runnerNetwork, type StepNetwork } from '../exec/network.ts';
import { OBSERVER_RULES, recordReads, wasInterrupted } from '../exec/observed-reads.ts';
import { disturbed } from '../exec/observing.ts';
import { runLimited } from '../exec/run-limited.ts';
import { runShell, type ShellPlace } from '../exec/run-shell.ts';
import { mountPoints, type RunFolders, runWords } from '../exec/run-words.ts';
import type { Isolation } from '../exec/runner.ts';
import { RUNNER_PROTOCOL } from '../exec/runner-protocol.ts';
import type { Sandbox } from '../exec/sandbox.ts';
import { makeSandboxFolders } from '../exec/sandbox-folders.ts';
import { stepFolders } from '../exec/step-folders.ts';
import type { FailedRun } from '../failed-run.ts';
import type { RunSpec } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StepOptions } from '../step-options.ts';
import { commandFailed, howItEnded, shownCommand } from './command-failed.ts';
import type { Op, OpResult, StepReporter, Untraced } from './op.ts';
import type { RunMounts } from './run-mounts.ts';

export interface RunInputs {
  readonly objects: ObjectStore;
  readonly input: Snapshot;
  readonly layers: LayerStore;
  readonly mounts: RunMounts;
  readonly isolation: () => Promise<Isolation>;
  readonly network: StepNetwork;
  readonly steps: StepOptions;
  readonly sandbox: Pick<Sandbox, 'limit' | 'dump' | 'root' | 'defaultNetwork'>;
  readonly hostCa: Sandbox['hostCa'];
  readonly platform: string;
  /** A record is taken by what was read even where the step had more than that: the network, or a cache mount. */
  readonly tracesAll: boolean;
  readonly signal: AbortSignal;
  readonly onFailed: ((failed: Omit<FailedRun, 'id' | 'step'>) => Promise<void>) | undefined;
  readonly span: Span | undefined;
}

/** Binds a RUN to its inputs. */
export function runOp(spec: RunSpec, inputs: RunInputs): Op {
  return {
    key: async () => [
      ['op', 'run'],
      ['input tree', inputs.input.tree],
      ...hardLinksPart(inputs.input),
      ...(await ownParts(spec, inputs)),
    ],
    keyOnAnyInput: async () => [
      ['op', 'run'],
      ['observer', String(OBSERVER_RULES)],
      ...(await ownParts(spec, inputs)),
    ],
    compare: (record) => compareInput(record, spec, inputs),
    run: (step) => run(spec, inputs, step),
    contents: async () => undefined,
  };
}

/** What the result depends on besides the input. */
async function ownParts(spec: RunSpec, inputs: RunInputs): Promise<KeyParts> {
  return [
    ['command', JSON.stringify(spec.args)],
    ['scripts', JSON.stringify(spec.files)],
    ['environment', [...spec.env].sort().join('\n')],
    ['user', spec.user],
    ['working directory', spec.cwd],
    ['mounts', (await inputs.mounts.keyParts()).join('\n')],
    ['hostname', spec.hostname],
    ['network', inputs.network],
    ...named('security', spec.insecure ? 'insecure' : ''),
    ...named('extra hosts', inputs.steps.extraHosts.map(({ name }) => name).join('\n')),
    ['platform', inputs.platform],
    ['runner', String(RUNNER_PROTOCOL)],
  ];
}

/** Whether what the step read for `record` is the same in this input. */
function compareInput(
  record: CacheRecord,
  spec: RunSpec,
  { objects, input, tracesAll }: RunInputs,
): Comparison | Untraced {
  const { observed, imported } = record;
  const before = inputTreeOf(record);
  const untraced = (why: string): Untraced => ({ kind: 'untraced', why });
  if (observed === undefined || before === undefined) return untraced('it was not observed');
  const { reads, incomplete = '', network } = observed;
  if (reads === undefined) return untraced(incomplete);
  if (imported === true) return untraced('its record was imported');
  if (!tracesAll && network) return untraced('it used the network');
  if (!tracesAll && spec.mounts.some(({ type }) => type === 'cache')) {
    return untraced('what is in its cache mount is in no key');
  }
  const compared = compareReads(objects, reads, before, input.tree);
  if (compared.kind !== 'holds') return compared;
  return compareLinks(objects, reads, observed.links, hardLinksIn(input));
}

/** A part that is there only where it says something. */
function named(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]];
}

/** Runs the step; once more, unobserved, where it failed and that may be due to its being observed. */
async function run(spec: RunSpec, inputs: RunInputs, step: StepReporter): Promise<OpResult> {
  const made = await attempt(spec, inputs, step);
  if (made !== 'disturbed') return made;
  step.log('stderr', 'slipway: it failed while signals interrupted it; run again, unobserved');
  const again = await attempt(spec, inputs, { ...step, observe: false });
  if (again === 'disturbed') throw new Error('a step that nobody observed was disturbed');
  return { ...again, observed: disturbed() };
}

/** One run. 'disturbed' where it failed, was observed, and calls of it may have failed for that. */
async function attempt(
  spec: RunSpec,
  inputs: RunInputs,
  step: StepReporter,
): Promise<OpResult | 'disturbed'> {
  const { layers, objects, input } = inputs;
  const isolation = await inputs.isolation();
  checkRung(spec, inputs, isolation);
  const observe = step.observe === true;
  const base = await layers.temporary();
  const folders = await stepFolders(inputs, isolation, base);
  const { upper } = folders;
  await makeSandboxFolders(isolation, objects, input.tree, folders.upper);
  const isDefault = inputs.network === 'default';
  const helper = isDefault ? await inputs.sandbox.defaultNetwork() : undefined;
  const ran = await inputs.mounts.use(async ({ mounts, secretEnv }) => {
    const sandbox = {
      spec,
      objects,
      tree: input.tree,
      mounts,
      secretEnv,
      network: runnerNetwork(inputs.network),
      extraHosts: inputs.steps.extraHosts,
      shm: inputs.steps.limits.shm,
      hostCa: inputs.steps.hostCa ? await inputs.hostCa() : undefined,
      resolvConf: resolvConf(helper),
    };
    const words = [...(observe ? ['observe'] : []), ...runWords({ ...sandbox, folders })];
    const { steps: options, signal } = inputs;
    const exit = await runLimited(
      { words, options, sandbox: inputs.sandbox, helper, signal },
      step,
    );
    step.usage?.(exit.usage);
    const setUp = mountPoints(sandbox).map(({ target }) => target);
    if (exit.code === 0) return { sight: exit.sight, setUp };
    if (observe && wasInterrupted(exit.sight)) return 'disturbed';
    await inputs.onFailed?.({
      command: shownCommand(spec),
      how: howItEnded(exit),
      async openShell(term) {
        const { signal } = inputs;
        const { root, stacked } = folders;
        const place: ShellPlace =
          stacked === undefined
            ? { kind: 'folder', path: root }
            : { kind: 'stack', lowers: stacked.lowers, upper };
        const own = { isolation, layers, place, helper, term, signal };
        await runShell({ ...sandbox, ...own });
      },
    });
    throw commandFailed(spec, exit, inputs.span);
  });
  if (ran === 'disturbed') return ran;
  const entries = await changes(inputs, folders);
  if (isolation.rung === 'chroot') await layers.roots.keep(folders.root, input, entries);
  if (!observe) return { entries, folder: base };
  const { sight, setUp } = ran;
  const seen = { tree: input.tree, links: hardLinksIn(input), entries, setUp };
  const observed = recordReads(objects, sight, seen);
  return { entries, folder: base, observed };
}

/** Throws E_ISOLATION where the rung cannot do what the step asks for. */
function checkRung({ insecure }: RunSpec, { steps, span }: RunInputs, isolation: Isolation): void {
  if (insecure && isolation.rung === 'single-id') {
    throw new BuildError('E_ISOLATION', 'RUN --security=insecure cannot be done with a single id', {
      span,
      hint: 'the filter that imitates other ids has to stay; with sub-ids, or as root, it goes',
    });
  }
  const held = 'capabilities and the filter are all that holds a step there';
  if (insecure) needsNamespaces(isolation, 'RUN --security=insecure', held, span);
  const size = '/dev/shm is a folder on disk there, and has no size';
  if (steps.limits.shm !== undefined) needsNamespaces(isolation, '--shm-size', size);
}

/** What the step changed, every file digested: the upper folder and, where nothing was stacked, the removals. */
async function changes(
  { objects, input, sandbox, layers }: RunInputs,
  { upper, scratch, stacked }: RunFolders,
): Promise<Iterable<Entry>> {
  const removals: Entry[] = [];
  if (stacked === undefined) {
    const stream = createReadStream(join(scratch, 'removals'));
    for await (const { entry } of decodeEntryStream(stream)) {
      if (isChange(objects, input.tree, entry)) removals.push(entry);
    }
  }
  // In the order of the runner's dump, which is the canonical one.
  const entries = new SpooledEntries(layers.spool);
  for await (const { entry, chunks } of decodeEntryStream(sandbox.dump(upper))) {
    if (entry.type !== 'file') {
      if (isChange(objects, input.tree, entry)) entries.add(entry);
      continue;
    }
    entries.add({ ...entry, digest: await digestChunks(chunks) });
  }
  return removals.length === 0 ? entries : sortEntries([...removals, ...entries]);
}

/** The root directory is always there, and only changed metadata is news; a whiteout of a mount point hides nothing. */
function isChange(objects: ObjectStore, tree: Digest, entry: Entry): boolean {
  if (entry.type === 'whiteout') {
    return lookup(objects, tree, entry.path, { follow: 'parent' }) !== undefined;
  }
  if (entry.path !== '' || entry.type !== 'dir') return true;
  const root = readRoot(objects, tree);
  const same = root.mode === entry.mode && root.uid === entry.uid && root.gid === entry.gid;
  return !same || entry.xattrs !== undefined;
}
