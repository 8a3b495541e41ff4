import { defineConfig } from 'vitest/config';

// One project after the other, the cheap ones first.
// unit: no privileges, no network, no built program. native: the runner's binary.
// e2e and security: the built program and, where installed, the field's own tools.
// differential: reuse against no reuse, by random builds. Of one group, projects begin in the order of their names, and this
// one has the longest file: at the end of all others it would run alone.
// adversaries, adversaries-*: steps that reuse could get wrong, run or observed in every way.
// native-*: those of the runner once more, with the sanitizers (what fits in a minute) and linked with musl.
const WAYS = {
  adversaries: 'usual',
  'adversaries-chroot': 'chroot',
  'adversaries-ptrace': 'ptrace',
};
const OTHER_RUNNERS = {
  asan: 'command,hostile-stream,identity,observe-adversaries,protocol,serve,store,tracing',
  musl: 'command,serve',
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['test/{core,grammar,cache,image,builder,cli,arch}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'native',
          include: ['test/native/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      ...Object.entries(OTHER_RUNNERS).map(([flavor, files]) => ({
        extends: true as const,
        test: {
          name: `native-${flavor}`,
          include: [`test/native/{${files}}.test.ts`],
          globalSetup: ['test/support/build-flavor.ts'],
          env: { SLIPWAY_TEST_RUNNER: flavor },
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      })),
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/{e2e,security,conformance}/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'differential',
          include: ['test/soundness/{soundness,forgotten-rules}.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      ...Object.entries(WAYS).map(([name, way]) => ({
        extends: true as const,
        test: {
          name,
          include: ['test/soundness/adversaries.test.ts'],
          env: { SLIPWAY_SOUNDNESS_WAY: way },
          testTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      })),
    ],
  },
});
