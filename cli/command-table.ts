// Every command, with the line that the overview shows and the way to its code. A command's module
// is imported when the command is called and not before: start-up time is part of every build.

import type { CliCommand } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  load(): Promise<CliCommand>;
}

/** Name, of one to three words, to entry; in the order of the overview. */
export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map([
  entry('build', 'Build an image from a Dockerfile', async () => {
    return (await import('./commands/build.ts')).build;
  }),
  entry('why', 'Say why the steps of a build were run or reused', async () => {
    return (await import('./commands/why.ts')).why;
  }),
  entry('advise', 'Say what would have made past builds cheaper', async () => {
    return (await import('./commands/advise.ts')).advise;
  }),
  entry('lint', 'Say what could be better in a Dockerfile, and fix what is safe', async () => {
    return (await import('./commands/lint.ts')).lint;
  }),
  entry('images', 'List the images in the local store', async () => {
    return (await import('./commands/images.ts')).images;
  }),
  entry('tag', 'Give an image another name', async () => {
    return (await import('./commands/tag.ts')).tag;
  }),
  entry('rmi', 'Remove names of images', async () => {
    return (await import('./commands/rmi.ts')).rmi;
  }),
  entry('pull', 'Fetch an image from a registry', async () => {
    return (await import('./commands/pull.ts')).pull;
  }),
  entry('push', 'Send an image to a registry', async () => {
    return (await import('./commands/push.ts')).push;
  }),
  entry('load', 'Read images from an archive into the local store', async () => {
    return (await import('./commands/load.ts')).load;
  }),
  entry('save', 'Write an image to an archive', async () => {
    return (await import('./commands/save.ts')).save;
  }),
  entry('inspect', 'Show the config and manifest of an image', async () => {
    return (await import('./commands/inspect.ts')).inspect;
  }),
  entry('context ls', 'Show what a build context holds, and why', async () => {
    return (await import('./commands/context-ls.ts')).contextLs;
  }),
  entry('cache ls', 'List the records of the build cache', async () => {
    return (await import('./commands/cache-ls.ts')).cacheLs;
  }),
  entry(
    'cache inspect',
    'Show one record of the build cache and what its key is made of',
    async () => {
      return (await import('./commands/cache-inspect.ts')).cacheInspect;
    },
  ),
  entry('cache du', 'Say what the store takes on disk', async () => {
    return (await import('./commands/cache-du.ts')).cacheDu;
  }),
  entry('cache verify', 'Check everything in the store against its digests', async () => {
    return (await import('./commands/cache-verify.ts')).cacheVerify;
  }),
  entry('cache prune', 'Remove what the build cache holds', async () => {
    return (await import('./commands/cache-prune.ts')).cachePrune;
  }),
  entry('cache export', 'Write the build cache, or a part of it, to a tar or folder', async () => {
    return (await import('./commands/cache-export.ts')).cacheExport;
  }),
  entry('cache import', 'Take what cache export wrote into the build cache', async () => {
    return (await import('./commands/cache-import.ts')).cacheImport;
  }),
  entry('cache mounts ls', 'List the cache mounts', async () => {
    return (await import('./commands/cache-mounts-ls.ts')).cacheMountsLs;
  }),
  entry('cache mounts export', 'Write cache mounts to a tar or folder', async () => {
    return (await import('./commands/cache-mounts-export.ts')).cacheMountsExport;
  }),
  entry('cache mounts import', 'Take cache mounts out of what was exported', async () => {
    return (await import('./commands/cache-mounts-import.ts')).cacheMountsImport;
  }),
  entry('cache mounts rm', 'Remove cache mounts', async () => {
    return (await import('./commands/cache-mounts-rm.ts')).cacheMountsRm;
  }),
  entry('doctor', 'Say what this machine offers for builds, and what is missing', async () => {
    return (await import('./commands/doctor.ts')).doctor;
  }),
  entry('debug ast', 'Show how a Dockerfile is read, as S-expressions', async () => {
    return (await import('./commands/debug-ast.ts')).debugAst;
  }),
  entry('debug shell', 'Open a shell in an image, or in what a step came to', async () => {
    return (await import('./commands/debug-shell.ts')).debugShell;
  }),
  entry('version', 'Show the version', async () => {
    return (await import('./commands/version.ts')).version;
  }),
]);

function entry(
  name: string,
  summary: string,
  load: () => Promise<CliCommand>,
): [string, CommandEntry] {
  return [name, { summary, load }];
}
