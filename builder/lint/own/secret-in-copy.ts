// A file that is copied stays in its layer, whatever a later step removes. Some names are those of files
// that hold secrets.

import type { PathWord } from '../../../grammar/ast.ts';
import type { Rule } from '../rule.ts';

export const secretInCopy: Rule = {
  name: 'SecretInCopy',
  description: 'Files that hold secrets are mounted, not copied',
  url: undefined,
  experimental: false,
  *check({ stages }) {
    for (const { commands } of stages) {
      for (const typed of commands) {
        if (typed.kind !== 'files' || typed.from !== undefined) continue;
        for (const source of typed.sources) {
          if (source.heredoc !== undefined || !isSecret(source.text)) continue;
          if (isSettings(source, typed.sources)) continue;
          const message = `${source.text} is likely a secret: in a layer everyone with the image can read it`;
          yield { at: typed.node, span: source.span, message };
        }
      }
    }
  },
};

const NAMES = new Set([
  '.env',
  '.env.local',
  '.npmrc',
  '.yarnrc',
  '.pypirc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.git-credentials',
  '.dockercfg',
  '.vault-token',
  'kubeconfig',
  'terraform.tfstate',
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ed25519',
]);

/** Files that hold secrets in the folder that they belong to. */
const PATHS = [
  '.aws/credentials',
  '.docker/config.json',
  '.kube/config',
  '.gem/credentials',
  '.m2/settings.xml',
  '.cargo/credentials',
  '.cargo/credentials.toml',
];

const PATTERN =
  /(?:^|[._-])(?:priv|private|privkey|privatekey)(?:[._-]?key)?\.(?:pem|key|der)$|(?:^|[._-])key\.pem$|\.(?:p12|pfx|ppk|kdbx)$/i;

function isSecret(path: string): boolean {
  const clean = path.replace(/\/+$/, '').toLowerCase();
  const name = clean.slice(clean.lastIndexOf('/') + 1);
  if (NAMES.has(name) || name === '.ssh' || PATTERN.test(name)) return true;
  return PATHS.some((secret) => clean === secret || clean.endsWith(`/${secret}`));
}

/** A `.npmrc` beside the files of a workspace holds how it is laid out, and belongs there. */
function isSettings({ text }: PathWord, sources: readonly PathWord[]): boolean {
  if (!text.endsWith('.npmrc') && !text.endsWith('.yarnrc')) return false;
  return sources.some((other) =>
    /(?:pnpm-(?:lock|workspace)\.ya?ml|package(?:-lock)?\*?\.json|yarn\.lock)$/.test(other.text),
  );
}
