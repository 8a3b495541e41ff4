// A word of EXPOSE cut into its parts, as the reference cuts it: `[address:][host:]port[/protocol]`.

export interface PortParts {
  /** What stands before the port and has no effect in an image: '' where nothing does. */
  readonly published: string;
  /** Port or range. */
  readonly port: string;
  /** As written; '' where none is. */
  readonly protocol: string;
}

/** Returns the parts, whatever they hold. */
export function portParts(word: string): PortParts {
  const colon = word.lastIndexOf(':');
  const [, port = '', protocol = ''] = /^([^/]*)\/?(.*)$/s.exec(word.slice(colon + 1)) ?? [];
  const before = colon === -1 ? '' : word.slice(0, colon);
  return { published: before === ':' ? '' : before, port, protocol };
}
