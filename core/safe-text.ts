// Text from images, archives and registries on its way to a person. Whoever made it may be hostile:
// control characters drive terminals, direction marks reorder what is read, and length floods.

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/g;

/** Returns `text` as one printable line: unsafe runs become one space, the end beyond `max` characters `...`. */
export function safeText(text: string, max = 200): string {
  const head = text.length > max * 4 ? text.slice(0, max * 4) : text;
  const line = head.replace(UNSAFE, ' ').trim();
  return line.length > max ? `${line.slice(0, max)}...` : line;
}

/** Returns a URL for messages: without user, password, query (signed links carry secrets there) and fragment. */
export function safeUrl(url: URL): string {
  return safeText(`${url.protocol}//${url.host}${url.pathname}`);
}

/**
 * Returns `text` with the user and password of every URL in it replaced by `***`. By hand: a pattern for
 * it takes quadratic time on hostile text.
 */
export function redactCredentials(text: string): string {
  const [before = '', ...rest] = text.split('://');
  return [before, ...rest.map(withoutUser)].join('://');
}

/** What follows `://`: up to the last `@` before the path, since a password may have one in it. */
function withoutUser(text: string): string {
  const end = text.search(/[\s/?#]/);
  const at = (end === -1 ? text : text.slice(0, end)).lastIndexOf('@');
  return at === -1 ? text : `***${text.slice(at)}`;
}
