// The project's own TypeScript as text, and what each file imports. Statements are found by the
// form that the formatter gives them, so that no parser is needed.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folders of the program, lower ones first. */
export const FOLDERS = ['core', 'grammar', 'cache', 'image', 'builder', 'api', 'cli'] as const;

export interface SourceFile {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
  /** The text without comments; line numbers stay. */
  readonly code: string;
  /** As written: `node:fs`, `commander`, `../core/digest.ts`. Type-only and dynamic imports too. */
  readonly imports: readonly string[];
}

const IMPORT =
  /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)|\brequire\('([^']+)'\)/gm;

/** Returns a file as the checks see it. */
export function sourceFile(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  const imports = [...code.matchAll(IMPORT)].map(
    ([, statement, dynamic, required]) => statement ?? dynamic ?? required ?? '',
  );
  return { path, text, code, imports };
}

/** Returns every file below `folders` whose name ends in one of `endings`; generated ones are left out. */
export function readSources(folders: readonly string[], ...endings: string[]): SourceFile[] {
  return folders.flatMap((folder) => {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .filter((name) => !/(^|\/)(generated|build|node_modules|cases)\//.test(name))
      .sort()
      .map((name) => posix.join(folder, name))
      .map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
  });
}

/** Returns the project's file that `specifier` in `from` means; undefined for a package or a module of node. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier);
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .map((line) => (/^\s*(?:\/\/|\/\*|\*)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '')))
    .join('\n');
}
