// What `--call=subrequests.describe` prints: the methods themselves, in BuildKit's form.

import { columns } from './columns.ts';

interface Method {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly opts?: readonly { readonly name: string; readonly description: string }[];
  readonly results: readonly string[];
}

const RESULTS = ['result.json', 'result.txt'];

const METHODS: readonly Method[] = [
  {
    name: 'frontend.outline',
    version: '1.0.0',
    description: 'List all parameters current build target supports',
    opts: [{ name: 'target', description: 'Target build stage' }],
    results: RESULTS,
  },
  {
    name: 'frontend.targets',
    version: '1.0.0',
    description: 'List all targets current build supports',
    results: RESULTS,
  },
  {
    name: 'frontend.lint',
    version: '1.0.0',
    description: 'Lint a Dockerfile',
    results: [...RESULTS, 'result.statuscode'],
  },
  {
    name: 'frontend.subrequests.describe',
    version: '1.0.0',
    description: 'List available subrequest types',
    results: RESULTS,
  },
];

/** Returns a table with a row for each method. */
export function methodsText(): string {
  const rows = METHODS.map(({ name, version, description }) => {
    return [name.replace('frontend.', ''), version, description];
  });
  return columns([['NAME', 'VERSION', 'DESCRIPTION'], ...rows], 1);
}

/** Returns the list of `frontend.subrequests.describe`. */
export function methodsJson(): object[] {
  return METHODS.map(({ name, version, description, opts, results }) => ({
    name,
    version,
    type: 'rpc',
    description,
    opts: opts ?? [],
    inputs: null,
    metadata: results.map((result) => ({ name: result, description: '' })),
    refs: null,
  }));
}
