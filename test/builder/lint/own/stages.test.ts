// UnusedStage and MisspelledStage.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import { ownTable } from './own-table.ts';

ownTable('UnusedStage', [
  ['one stage', 'FROM a:1\n'],
  ['nothing refers to it', 'FROM a:1 AS x\nFROM b:1\n', 1],
  ['nothing refers to one without a name', 'FROM a:1 AS x\nFROM x\nFROM b:1\n', 2],
  ['a base', 'FROM a:1 AS x\nFROM x\n'],
  ['a base in capitals', 'FROM a:1 AS x\nFROM X\n'],
  ['copied from by name', 'FROM a:1 AS x\nFROM b:1\nCOPY --from=x /a /\n'],
  ['copied from by index', 'FROM a:1\nFROM b:1\nCOPY --from=0 /a /\n'],
  ['mounted', 'FROM a:1 AS x\nFROM b:1\nRUN --mount=from=x,target=/x true\n'],
  ['in a trigger', 'FROM a:1 AS x\nFROM b:1\nONBUILD COPY --from=x /a /\n'],
  ['a target that goes on from another', 'FROM a:1 AS x\nFROM x AS test\nFROM x\n'],
  ['a target that takes files', 'FROM a:1 AS x\nFROM scratch AS out\nCOPY --from=x / /\nFROM x\n'],
  [
    'a base by a variable',
    'ARG S=prod\nFROM a:1 AS base-dev\nFROM a:1 AS base-prod\nFROM base-${S}\n',
  ],
  [
    'a variable that cannot be it',
    'ARG S=prod\nFROM a:1 AS dev\nFROM a:1 AS base-prod\nFROM base-${S}\n',
    2,
  ],
  ['a name that another stage takes over', 'FROM a:1 AS x\nFROM b:1 AS x\nFROM x\n', 1],
]);

ownTable('MisspelledStage', [
  ['a slip in a copy', 'FROM a:1 AS builder\nFROM b:1\nCOPY --from=bulider /a /\n', 3],
  ['a slip in a base', 'FROM a:1 AS builder\nFROM buildr\n', 2],
  [
    'a slip in a mount',
    'FROM a:1 AS builder\nFROM b:1\nRUN --mount=from=bilder,target=/x true\n',
    3,
  ],
  ['the stage', 'FROM a:1 AS builder\nFROM b:1\nCOPY --from=builder /a /\n'],
  ['another word', 'FROM a:1 AS builder\nFROM b:1\nCOPY --from=nginx /a /\n'],
  ['an image with a tag', 'FROM a:1 AS builder\nFROM b:1\nCOPY --from=buildr:1 /a /\n'],
  ['the image that a stage is named after', 'FROM redis AS redis2\nFROM redis\n'],
  ['a stage further down', 'FROM buildr\nFROM a:1 AS builder\n'],
]);
