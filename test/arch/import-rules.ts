// Who may import whom. Each check returns a line for each offence, with the path that breaks the rule.

import { FOLDERS, resolveImport, type SourceFile } from './source-tree.ts';

type Folder = (typeof FOLDERS)[number];

/** What each folder may import besides itself: lower folders only, and grammar and cache not each other. */
const MAY_IMPORT: Readonly<Record<Folder, readonly Folder[]>> = {
  core: [],
  grammar: ['core'],
  cache: ['core'],
  image: ['core', 'cache'],
  builder: ['core', 'grammar', 'cache', 'image'],
  api: ['core', 'grammar', 'builder'],
  cli: ['core', 'cache', 'image', 'builder'],
};

/** Which packages a folder may use; a package that is not named belongs nowhere. */
const PACKAGES: Readonly<Record<Folder, readonly string[]>> = {
  core: [],
  grammar: ['moo', 'nearley'],
  cache: ['lmdb'],
  image: ['fzstd', 'undici', 'xz-decompress'],
  builder: ['fast-glob'],
  api: [],
  cli: ['commander'],
};

/** The only folders that may use these modules of node. */
const ONLY_IN: Readonly<Record<string, string>> = {
  'node:child_process': 'builder/exec/',
};

/** Imports that lead up, across, out of the program, or to a package that the folder has no business with. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((specifier) => offence(file.path, specifier) ?? []),
  );
}

function offence(path: string, specifier: string): string | undefined {
  const folder = folderOf(path);
  if (folder === undefined) throw new Error(`${path} is in no folder of the program`);
  const target = resolveImport(path, specifier);
  if (target !== undefined) {
    const to = folderOf(target);
    if (to === folder || (to !== undefined && MAY_IMPORT[folder].includes(to))) return undefined;
    return `${path} imports ${target}: ${folder} may import ${list(MAY_IMPORT[folder])}`;
  }
  if (specifier.startsWith('node:')) {
    const only = ONLY_IN[specifier];
    if (only === undefined || path.startsWith(only)) return undefined;
    return `${path} imports ${specifier}: only ${only} may`;
  }
  if (PACKAGES[folder].includes(specifier)) return undefined;
  return `${path} imports ${specifier}: ${folder} may use ${list(PACKAGES[folder])}`;
}

/** Circles of imports, each as the way round. Type-only imports count. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap((specifier) => resolveImport(path, specifier) ?? []),
    ]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    const start = way.indexOf(path);
    if (start !== -1) cycles.push([...way.slice(start), path].join(' -> '));
    if (start !== -1 || done.has(path)) return;
    way.push(path);
    for (const target of targets.get(path) ?? []) visit(target);
    way.pop();
    done.add(path);
  };
  for (const { path } of files) visit(path);
  return cycles;
}

const CLI_ONLY = /\bconsole\.|\bprocess\.(?:exit|env|exitCode|stdin|stdout|stderr)\b/;

/** Uses of the process's own state outside cli/. */
export function processUses(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, code }) =>
    path.startsWith('cli/')
      ? []
      : code.split('\n').flatMap((line, index) => {
          const use = CLI_ONLY.exec(line)?.[0];
          return use === undefined ? [] : [`${path}:${index + 1} uses ${use}: only cli/ may`];
        }),
  );
}

/** Files and statements of a form that hides where things are: barrels, re-exports, default exports, catch-all names. */
export function hiddenPlaces(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, code }) => {
    const name = path.split('/').at(-1) ?? '';
    const found: string[] = [];
    if (/^(?:index|utils?|helpers?|common|misc)\.ts$/.test(name))
      found.push('has a name for anything');
    if (/^export default\b/m.test(code)) found.push('has a default export');
    // What api/ exports of other files is the package's promise, and told there only.
    if (
      !path.startsWith('api/') &&
      /^export (?:type )?(?:\*|\{[^}]*\}) ?(?:as \w+ )?from\b/m.test(code)
    )
      found.push('re-exports');
    return found.map((what) => `${path} ${what}`);
  });
}

/** Files that do not begin with a comment on what they hold. */
export function withoutHeader(files: readonly SourceFile[]): string[] {
  return files.filter(({ text }) => !/^(?:#!.*\n)?\/[/*] ?\S/.test(text)).map(({ path }) => path);
}

function folderOf(path: string): Folder | undefined {
  return FOLDERS.find((folder) => path.startsWith(`${folder}/`));
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nothing' : words.join(', ');
}
