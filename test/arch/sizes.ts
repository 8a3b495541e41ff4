// How long files and functions are. A function is found by its form after formatting: a line that
// opens a block and is no control flow, up to the line that closes the block at the same indent.

import type { SourceFile } from './source-tree.ts';

const CONTROL = /^(?:if|for|while|switch|else|try|catch|finally|do|class|export class|\})\b|^\}/;
const OPENS_DATA = /(?:[=,([?:]|return|default) \{$|[([]\{$/;

export interface Size {
  /** `path`, or `path:line` of a function's first line. */
  readonly place: string;
  readonly lines: number;
}

/** The lines of a file. */
export function fileSize({ path, text }: SourceFile): Size {
  return { place: path, lines: text.split('\n').length - 1 };
}

/** The functions of a file of TypeScript, methods and callbacks of several lines among them. */
export function functionSizes({ path, code }: SourceFile): Size[] {
  const lines = code.split('\n');
  return lines.flatMap((line, start) => {
    const [, indent = '', head = ''] = /^(\s*)(.*)$/.exec(line) ?? [];
    const opens = head.endsWith('{') && /[)>]/.test(head) && !OPENS_DATA.test(head);
    if (!opens || CONTROL.test(head)) return [];
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${indent}}`));
    return end === -1 ? [] : [{ place: `${path}:${start + 1}`, lines: end - start + 1 }];
  });
}

/** The functions of a file of C: from a brace to the brace that closes it, at the left edge. */
export function cFunctionSizes({ path, text }: SourceFile): Size[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const opens = line === '{' || (/^\w.*\) \{$/.test(line) && !line.startsWith('struct'));
    const end = lines.indexOf('}', start);
    return opens && end !== -1 ? [{ place: `${path}:${start + 1}`, lines: end - start + 1 }] : [];
  });
}

/**
 * What is longer than `limit`, where `allowed` does not name its file with a reason; and what
 * `allowed` names without need, so that the list cannot rot.
 */
export function tooLong(
  sizes: readonly Size[],
  limit: number,
  allowed: Readonly<Record<string, string>>,
): string[] {
  const long = sizes.filter(({ lines }) => lines > limit);
  const fileOf = ({ place }: Size): string => place.replace(/:\d+$/, '');
  const needed = new Set(long.map(fileOf));
  return [
    ...long
      .filter((size) => !allowed[fileOf(size)])
      .map(({ place, lines }) => `${place} has ${lines} lines; the limit is ${limit}`),
    ...Object.keys(allowed)
      .filter((path) => !needed.has(path))
      .map((path) => `${path} needs no exception any more`),
  ];
}
