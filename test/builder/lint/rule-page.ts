// A page of docs/lint: its name, and the examples that it shows.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceText } from '../../../core/source.ts';

export interface RulePage {
  readonly title: string | undefined;
  readonly isExperimental: boolean;
  readonly found: string | undefined;
  readonly better: string | undefined;
  /** What the section `Fix` says. */
  readonly fix: string | undefined;
  /** For both examples. */
  readonly ignoreFile: SourceText | undefined;
}

/** Reads the page of a rule; undefined where there is none. */
export function rulePage(rule: string): RulePage | undefined {
  const path = join(import.meta.dirname, `../../../docs/lint/${rule}.md`);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const ignored = /^```dockerignore\n(.*?)^```$/ms.exec(text)?.[1];
  return {
    isExperimental: text.includes('\nExperimental: silent until'),
    title: /^# (.+)\n/.exec(text)?.[1],
    found: exampleIn(section(text, 'Found')),
    better: exampleIn(section(text, 'Better')),
    fix: section(text, 'Fix'),
    ignoreFile: ignored === undefined ? undefined : { name: '.dockerignore', text: ignored },
  };
}

function section(text: string, heading: string): string | undefined {
  return text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
}

function exampleIn(part: string | undefined): string | undefined {
  return /^```dockerfile\n(.*?)^```$/ms.exec(part ?? '')?.[1];
}
