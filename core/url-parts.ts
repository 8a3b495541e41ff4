// Parts of an address as they are meant, without percent-coding.

/** The user and password of an address as they are meant, `user:password`; undefined where it has neither. */
export function credentialsIn({ username, password }: URL): string | undefined {
  return username === '' && password === ''
    ? undefined
    : `${percentDecoded(username)}:${percentDecoded(password)}`;
}

/** `text` without percent-coding; as it is where that is malformed. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
