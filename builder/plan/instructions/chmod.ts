// The syntax of --chmod: octal up to 07777, or chmod(1)'s symbolic form (`u=rwX,go=rX`).

const CLAUSE = '[ugoa]*(?:[+=-][rwxXstugo]*)+';
const SYMBOLIC = new RegExp(`^${CLAUSE}(?:,${CLAUSE})*$`);

/** True where `text` is a mode that --chmod takes. */
export function isMode(text: string): boolean {
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) <= 0o7777 : SYMBOLIC.test(text);
}
