// AST -> typed instruction: flags are known and have values of their kind, arguments are as many as
// they must be. Whatever is wrong in any stage is refused here, needed or not.

import { BuildError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type {
  FilesInstruction,
  FromInstruction,
  Instruction,
  OnbuildInstruction,
  RunInstruction,
  Trigger,
  Word,
} from '../../../grammar/ast.ts';
import { readFlags } from './flags.ts';
import { readHealthcheck } from './healthcheck.ts';
import { readMount } from './mount-options.ts';
import { readStepComment, refuseStepComment } from './step-comment.ts';
import type { TypedCommand, TypedFiles, TypedFrom, TypedOnbuild, TypedRun } from './typed.ts';

const STAGE_NAME = /^[a-z][a-z0-9._-]*$/;

/** Types FROM. Throws E_STAGE where the name is none, and what `readFlags` throws. */
export function readFrom(node: FromInstruction): TypedFrom {
  refuseStepComment(node);
  const { platform } = readFlags(node, { platform: 'text' });
  const name = node.as?.name.text.toLowerCase();
  if (node.as && name !== undefined && !STAGE_NAME.test(name)) {
    throw new BuildError('E_STAGE', `${JSON.stringify(node.as.name.text)} cannot name a stage`, {
      span: node.as.name.span,
      hint: 'A name starts with a letter and goes on with letters, digits, _ . and -.',
    });
  }
  return { kind: 'from', node, image: node.image, name, platform };
}

/** Types any other instruction. Throws E_FLAG_*, E_ARGUMENTS, E_MOUNT, E_DIRECTIVE, E_UNSUPPORTED with spans. */
export function readCommand(node: Exclude<Instruction, FromInstruction>): TypedCommand {
  if (node.kind !== 'run') refuseStepComment(node);
  switch (node.kind) {
    case 'run':
      return readRun(node);
    case 'add':
    case 'copy':
      return readFiles(node);
    case 'healthcheck':
      return { kind: 'healthcheck', node, check: readHealthcheck(node) };
    case 'onbuild':
      return readOnbuild(node);
    case 'shell':
      if (node.command.form !== 'exec' || node.command.words.length === 0) {
        throw new BuildError('E_ARGUMENTS', 'SHELL takes a JSON array with at least one string', {
          span: node.span,
          hint: 'As in: SHELL ["/bin/bash", "-c"]',
        });
      }
      break;
    case 'volume':
      refuseBlank(node.words, 'VOLUME needs at least one path, and no blank one', node);
      break;
    case 'env':
    case 'label':
      refuseBlank(
        node.pairs.map((pair) => pair.key),
        `${node.kind.toUpperCase()} names cannot be blank`,
        node,
      );
      break;
    case 'arg':
      refuseBlank(
        node.declarations.map((each) => each.name),
        'ARG names cannot be blank',
        node,
      );
      break;
  }
  readFlags(node, {});
  return node.kind === 'arg' ? { kind: 'arg', node } : { kind: 'setting', node };
}

function readRun(node: RunInstruction): TypedRun {
  const flags = readFlags(node, {
    mount: 'list',
    network: 'text',
    security: 'text',
    device: 'list',
  });
  const [device] = flags.device;
  if (device !== undefined) {
    throw new BuildError('E_UNSUPPORTED', 'RUN --device is not supported', { span: device.span });
  }
  const { security } = flags;
  if (security) choice('security', security, ['sandbox', 'insecure']);
  return {
    kind: 'run',
    node,
    mounts: flags.mount.map(readMount),
    cache: readStepComment(node),
    security,
    network: flags.network && choice('network', flags.network, ['default', 'none', 'host']),
  };
}

function readFiles(node: FilesInstruction): TypedFiles {
  const common = { chown: 'text', chmod: 'text', link: 'bool', exclude: 'list' } as const;
  const copy =
    node.kind === 'copy'
      ? readFlags(node, { from: 'text', ...common, parents: 'bool' })
      : undefined;
  const add =
    node.kind === 'add'
      ? readFlags(node, { ...common, checksum: 'text', unpack: 'bool', 'keep-git-dir': 'bool' })
      : undefined;
  const flags = copy ?? add ?? readFlags(node, common);
  const destination = node.paths.at(-1);
  const name = node.kind.toUpperCase();
  if (destination === undefined || node.paths.length < 2) {
    throw new BuildError('E_ARGUMENTS', `${name} needs a source and a destination`, {
      span: node.span,
      hint: `Write it as: ${name} [flags] SOURCE... DESTINATION`,
    });
  }
  if (destination.heredoc !== undefined) {
    throw new BuildError('E_HEREDOC', `a heredoc cannot be the destination of ${name}`, {
      span: destination.span,
    });
  }
  const from = copy?.from?.text ? copy.from : undefined;
  if (from) refuseVariables(from);
  return {
    kind: 'files',
    node,
    sources: node.paths.slice(0, -1),
    destination,
    from,
    chown: flags.chown,
    chmod: flags.chmod,
    checksum: add?.checksum,
    exclude: flags.exclude,
    link: flags.link ?? false,
    parents: copy?.parents ?? false,
    unpack: add?.unpack,
    keepGitDir: add?.['keep-git-dir'],
  };
}

function readOnbuild(node: OnbuildInstruction): TypedOnbuild {
  readFlags(node, {});
  return {
    kind: 'onbuild',
    node,
    trigger: readCommand(node.trigger),
    text: triggerText(node.trigger),
  };
}

/** The trigger as a text that can be parsed again, the bodies of its heredocs under it. */
function triggerText(trigger: Trigger): string {
  const heredocs = 'heredocs' in trigger ? trigger.heredocs : [];
  return [trigger.text, ...heredocs.map(({ body, name }) => body + name)].join('\n');
}

function choice<const T extends string>(flag: string, value: Word, known: readonly T[]): T {
  const found = known.find((each) => each === value.text);
  if (found !== undefined) return found;
  const near = suggest(value.text, known);
  throw new BuildError('E_FLAG_VALUE', `--${flag} cannot be ${JSON.stringify(value.text)}`, {
    span: value.span,
    hint: near ? `Did you mean ${near}?` : `It is one of ${known.join(', ')}.`,
  });
}

function refuseBlank(words: readonly Word[], message: string, node: Instruction): void {
  const blank = words.find((word) => word.text.trim() === '');
  if (words.length > 0 && blank === undefined) return;
  throw new BuildError('E_ARGUMENTS', message, { span: blank?.span ?? node.span });
}

function refuseVariables(from: Word): void {
  if (!/[$'"\\]/.test(from.text)) return;
  throw new BuildError('E_FLAG_VALUE', '--from does not take variables or quotes', {
    span: from.span,
    hint: 'Name the image in a stage of its own, FROM $IMAGE AS name, and use --from=name.',
  });
}
