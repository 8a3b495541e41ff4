// A word of EXPOSE, `[address:][host:]port[/protocol]`: what the reference has rules about.

export interface PortParts {
  /** What stands before the port and has no effect in an image: '' where nothing does. */
  readonly published: string;
  /** As written; '' where none is. */
  readonly protocol: string;
}

/** Returns the parts, whatever they hold. */
export function portParts(word: string): PortParts {
  const colon = word.lastIndexOf(':');
  const slash = word.indexOf('/', colon + 1);
  const before = colon === -1 ? '' : word.slice(0, colon);
  const protocol = slash === -1 ? '' : word.slice(slash + 1);
  return { published: before === ':' ? '' : before, protocol };
}
