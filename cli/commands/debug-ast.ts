// `slipway debug ast`: how a Dockerfile was read, an S-expression for each instruction.

import { resolve } from 'node:path';
import { readBeneath } from '../../builder/context/read-beneath.ts';
import { dumpAst } from '../../builder/dump-ast.ts';
import { BuildError } from '../../core/errors.ts';
import type { SourceText } from '../../core/source.ts';
import type { CliCommand } from '../command.ts';
import type { Host } from '../host.ts';
import { readDockerfile } from '../input/read-stdin.ts';
import { printable } from '../printable.ts';

export const debugAst: CliCommand = {
  declare(command) {
    command.argument('<file>', 'a Dockerfile, or - for standard input');
    command.addHelpText(
      'after',
      `
Examples:
  slipway debug ast Dockerfile
  slipway debug ast - < Dockerfile`,
    );
  },

  async run(command, host) {
    const [name = ''] = command.args;
    host.stdout.write(`${printable(dumpAst(await readSource(name, host)))}\n`);
    return 0;
  },
};

async function readSource(name: string, host: Host): Promise<SourceText> {
  if (name === '-') return readDockerfile(host.stdin);
  const source = readBeneath('/', resolve(host.cwd, name), name);
  if (source !== undefined) return source;
  throw new BuildError('E_DOCKERFILE_NOT_FOUND', `there is no ${name}`, {
    hint: 'the path starts at the current folder; - is standard input',
  });
}
