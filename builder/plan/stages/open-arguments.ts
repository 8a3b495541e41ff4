// Arguments that whoever builds has to give: `ARG BASE` above the first FROM, without a default. A FROM that is
// no image without them is wrong only where something is built: not where a Dockerfile is linted or described.

import type { BuildError } from '../../../core/errors.ts';
import type { ArgInstruction, DockerfileAst, Word } from '../../../grammar/ast.ts';

/** What the text of a FROM line may turn out to be without its arguments. */
const CODES: readonly string[] = ['E_BASE_IMAGE', 'E_REFERENCE_INVALID', 'E_PLATFORM_INVALID'];

/** True for an error about a FROM whose words hold an argument that has no default and was not given. */
export function waitsForArgument(
  { code, span }: BuildError,
  { instructions }: DockerfileAst,
  given: ReadonlyMap<string, string>,
): boolean {
  if (span === undefined || !CODES.includes(code)) return false;
  const first = instructions.findIndex(({ kind }) => kind === 'from');
  const from = instructions.find(
    (node) => node.kind === 'from' && node.span.start <= span.start && span.end <= node.span.end,
  );
  if (from === undefined) return false;
  const above = instructions.slice(0, first).filter((node) => node.kind === 'arg');
  return holdsAny(from.text, openArguments(above, given));
}

function openArguments(
  declared: readonly ArgInstruction[],
  given: ReadonlyMap<string, string>,
): Set<string> {
  const open = new Set<string>();
  for (const { name, value } of declared.flatMap(({ declarations }) => declarations)) {
    if (!given.has(name.text) && isOpen(value, open)) open.add(name.text);
    else open.delete(name.text);
  }
  return open;
}

function isOpen(value: Word | undefined, open: ReadonlySet<string>): boolean {
  return value === undefined || holdsAny(value.text, open);
}

function holdsAny(text: string, names: ReadonlySet<string>): boolean {
  return [...text.matchAll(/\$\{?(\w+)/g)].some(([, name = '']) => names.has(name));
}
