// `WWW-Authenticate`: how a registry wants to be logged in to.
// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 and https://distribution.github.io/distribution/spec/auth/token/

export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Either `name=token` or `name="quoted \"text\""`, or the scheme that starts the next challenge. */
const PART =
  /\s*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)(?![\w-]|\s*=))\s*,?/y;

/** Reads the header's challenges; what is malformed ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  PART.lastIndex = 0;
  for (let match = PART.exec(header); match !== null; match = PART.exec(header)) {
    const [, name, quoted, token, scheme] = match;
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    } else if (name !== undefined) {
      const value = quoted?.replace(/\\(.)/g, '$1') ?? token ?? '';
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
  }
  return challenges;
}
