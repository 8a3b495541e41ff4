// npm run demo: builds a multi-stage sample with RUN steps to an OCI archive, twice, and shows what
// the second build took from the cache. Works as root and as an ordinary user, with an empty store
// or a used one, with the network or without: it takes the best base that this machine can make.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import * as busybox from './bases/busybox.mjs';
import * as debian from './bases/debian.mjs';
import * as hostTools from './bases/host-tools.mjs';
import { provideBase } from './lib/provide-base.mjs';
import { main, Stop, say } from './lib/say.mjs';
import { needSlipway, ROOT, slipway } from './lib/slipway.mjs';

/** Best first. */
const CHOICES = [
  { base: debian, sample: '01-static-c', name: 'wordfreq', needsNetwork: true },
  { base: busybox, sample: '05-shell-site', name: 'shell-site' },
  { base: hostTools, sample: '05-shell-site', name: 'shell-site' },
];

await main(async () => {
  needSlipway();
  const choice = await firstThatWorks();
  const folder = `${tmpdir()}/slipway-demo-${userInfo().uid}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const context = `${ROOT}/samples/${choice.sample}`;
  const archive = (n) => `${folder}/${choice.name}-${n}.oci.tar`;

  title(`First build: samples/${choice.sample}/Dockerfile, FROM ${choice.base.name}`);
  const first = build(choice, context, archive(1), 'plain');

  title('Second build: nothing has changed');
  const second = build(choice, context, archive(2), 'json');
  const steps = readSteps(second.stdout + second.stderr);
  for (const step of steps) say(`  ${step.status.padEnd(6)} ${step.step}\n         ${step.reason}`);

  title('Result');
  const reused = steps.filter((step) => step.status === 'exact' || step.status === 'traced');
  say(`  first build    ${seconds(first)}`);
  say(
    `  second build   ${seconds(second)}: ${reused.length} of ${steps.length} steps from the cache`,
  );
  say(`  same bytes     ${digest(archive(1)) === digest(archive(2)) ? 'yes' : 'NO'}`);
  say(`  OCI archive    ${archive(2)} (${statSync(archive(2)).size} bytes)`);
  say(`\n  To run it:     podman load -i ${archive(2)}`);
});

async function firstThatWorks() {
  for (const choice of CHOICES) {
    try {
      if (choice.needsNetwork && !(await debian.archiveAnswers())) {
        throw new Stop('its RUN steps need the Debian archive, which does not answer from here');
      }
      say(`Base image: ${choice.base.name}`);
      say(`  ${await provideBase(choice.base)}`);
      if (choice.base === hostTools) {
        say(
          "  This base is made from this machine's own shell and tools: no distribution could be made.",
        );
      }
      return choice;
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      say(
        `Not with ${choice.base.name}: ${[error.message, error.hint].filter(Boolean).join('; ')}`,
      );
    }
  }
  throw new Stop('no base image could be made', 'the reasons are above');
}

/** One build as a user would start it; where it fails, what `slipway doctor` says comes after. */
function build({ base, sample }, context, archive, progress) {
  const args = ['build', `--progress=${progress}`, '-o', `type=oci,dest=${archive}`];
  if (sample === '05-shell-site') args.push('--build-arg', `BASE=${base.name}`);
  say(`  $ slipway ${[...args, context].join(' ')}\n`);
  const done = slipway([...args, context], { show: progress === 'plain' });
  if (done.status === 0) return done;
  say(done.stdout + done.stderr);
  title('slipway doctor');
  slipway(['doctor'], { show: true });
  throw new Stop(`the build failed (exit code ${done.status})`, 'what doctor says is above');
}

function readSteps(log) {
  const events = log.split('\n').filter((line) => line.startsWith('{'));
  return events.map((line) => JSON.parse(line)).filter((event) => event.event === 'step');
}

function title(text) {
  say(`\n== ${text}\n`);
}

function seconds({ ms }) {
  return `${(ms / 1000).toFixed(2)} s`;
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
