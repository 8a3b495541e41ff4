// Things in a Dockerfile that work and are likely a slip. Codes are the names of the reference's rules:
// https://docs.docker.com/reference/build-checks/

import type { Warning } from '../../core/events.ts';
import type { DockerfileAst } from '../../grammar/ast.ts';
import type { Stage } from './stages/stages.ts';

const RESERVED = ['scratch', 'context'];

/** Returns the warnings that need no variables and no images, in the order of the file. */
export function structureWarnings(ast: DockerfileAst, stages: readonly Stage[]): Warning[] {
  const warnings = [...emptyContinuations(ast), ...stageNames(stages), ...maintainers(ast)];
  return warnings.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
}

function emptyContinuations({ emptyContinuations: spans }: DockerfileAst): Warning[] {
  return spans.map((span) => ({
    event: 'warning',
    code: 'NoEmptyContinuation',
    message: 'an empty line inside an instruction',
    span,
  }));
}

function stageNames(stages: readonly Stage[]): Warning[] {
  const seen = new Set<string>();
  return stages.flatMap(({ from: { name, node } }): Warning[] => {
    if (name === undefined) return [];
    const span = node.as?.name.span;
    const duplicate = seen.has(name);
    seen.add(name);
    if (RESERVED.includes(name)) {
      const message = `the stage name ${name} has a meaning of its own`;
      return [{ event: 'warning', code: 'ReservedStageName', message, span }];
    }
    if (!duplicate) return [];
    const message = `the stage name ${name} is used more than once`;
    return [{ event: 'warning', code: 'DuplicateStageName', message, span }];
  });
}

function maintainers({ instructions }: DockerfileAst): Warning[] {
  return instructions.flatMap(({ kind, span }): Warning[] => {
    if (kind !== 'maintainer') return [];
    const message = 'MAINTAINER is deprecated; use LABEL org.opencontainers.image.authors=...';
    return [{ event: 'warning', code: 'MaintainerDeprecated', message, span }];
  });
}
